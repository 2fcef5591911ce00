package declaration_test

import (
	"log/slog"
	"reflect"
	"regexp"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
)

type Audio struct{ Time int }

func name(name string) *declaration.Option {
	return declaration.Once("leat.Name", func(m *declaration.Mill, _ *declaration.Option) { m.Name = name })
}

func provide(values ...any) *declaration.Option {
	return declaration.Many("leat.Provide", func(m *declaration.Mill, o *declaration.Option) { m.Provide(o, values) })
}

func join(options ...interface{ DeclareJoin(*declaration.Join) }) *declaration.Option {
	return declaration.Many("leat.Join", func(m *declaration.Mill, o *declaration.Option) {
		declaration.AddJoin(m, declaration.NewJoin[*Audio, int](o), options)
	})
}

func source(s broker.Source) *declaration.Option {
	return declaration.Many("leat.From", func(m *declaration.Mill, o *declaration.Option) { m.SetSource(o, s) })
}

func declare(options ...*declaration.Option) *declaration.Mill {
	plain := make([]interface{ Declare(*declaration.Mill) }, len(options))
	for i, o := range options {
		if o != nil {
			plain[i] = o
		}
	}
	return declaration.New(declaration.Public{}, plain)
}

// text returns the mistakes of a declaration, without the lines of options.
func text(m *declaration.Mill) string {
	err := m.Mistakes.Err("mill")
	if err == nil {
		return ""
	}
	return regexp.MustCompile(`\.go:\d+`).ReplaceAllString(err.Error(), ".go:N")
}

// TestMistakesInOptions checks what options that contradict each other or are nil are answered with.
func TestMistakesInOptions(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio"))
	for _, c := range []struct {
		name, want string
		options    []*declaration.Option
	}{
		{"none", "", nil},
		{"nil", "mill: option 2 is nil; leave it out", []*declaration.Option{name("a"), nil}},
		{"twice", "mill: leat.Name (declaration_test.go:N): leat.Name (declaration_test.go:N) was given before; give it once",
			[]*declaration.Option{name("a"), name("b")}},
		{"two sources", "mill: leat.From (declaration_test.go:N): the source is that of leat.From (declaration_test.go:N) " +
			"already; give leat.Broker, or leat.From with leat.To",
			[]*declaration.Option{source(b), source(b)}},
		{"nil values", "mill: 2 mistakes:\n" +
			"\tleat.Provide (declaration_test.go:N): value 1 is nil, with which the function can do nothing; " +
			"give one that was made, or leave it out\n" +
			"\tleat.Provide (declaration_test.go:N): value 3 is a nil *int, with which the function can do nothing; " +
			"give one that was made, or leave it out",
			[]*declaration.Option{provide(nil, 1, (*int)(nil))}},
		{"values of a type", "mill: leat.Provide (declaration_test.go:N): there is a int already, " +
			"from leat.Provide (declaration_test.go:N); give one of each type",
			[]*declaration.Option{provide(1, "a"), provide(2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text(declare(c.options...)); got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
		})
	}
}

// TestOptionsForSeveralMills checks that an option may be given to several mills.
func TestOptionsForSeveralMills(t *testing.T) {
	o := name("a")
	for range 2 {
		if m := declare(o); m.Name != "a" || len(m.Mistakes) > 0 {
			t.Errorf("got %q and %v", m.Name, m.Mistakes)
		}
	}
}

// A talker is a source with a logger of its own.
type talker struct {
	*memory.Broker
	logger *slog.Logger
}

func (t talker) Logger() *slog.Logger { return t.logger }

// TestDefaults checks what a mill is without options, and that a source's logger is used unless an option gives one.
func TestDefaults(t *testing.T) {
	m := declare()
	if m.Logger != slog.Default() || m.Concurrency != 1 || m.OnError != (engine.Policy{Kind: engine.Fail}) ||
		!m.LacksSource() {
		t.Errorf("got %+v", m)
	}
	brought, given := slog.New(slog.DiscardHandler), slog.New(slog.DiscardHandler)
	s := source(talker{memory.New(), brought})
	logger := declaration.Once("leat.Logger", func(m *declaration.Mill, _ *declaration.Option) { m.Logger = given })
	if declare(s).Logger != brought || declare(s, logger).Logger != given || declare(logger, s).Logger != given {
		t.Error("it is another logger")
	}
}

// TestCheckStreams checks that streams that nobody can make elements of are refused.
func TestCheckStreams(t *testing.T) {
	b := memory.New(memory.Stream[*Audio]("a"), memory.Stream[**Audio]("b"))
	m := declare(source(b))
	m.Sink = b
	m.CheckStreams()
	want := `mill: stream "b": an element can't be a pointer, as *declaration_test.Audio is; ` +
		`declare it for declaration_test.Audio`
	if got := text(m); got != want {
		t.Errorf("got %s", got)
	}
	if !m.OneBroker() {
		t.Error("source and sink are one")
	}
	if got := (declaration.Streams{{Name: "typeless"}}).String(); got != `no type ("typeless")` {
		t.Errorf("got %s", got)
	}
}

// TestStreams checks how streams are found by type and name, and listed.
func TestStreams(t *testing.T) {
	left := broker.NewStream[Audio]("b")
	left.As = "left"
	all := declaration.Streams{broker.NewStream[Audio]("a"), left, broker.NewStream[int]("n")}
	want := `declaration_test.Audio ("a"), declaration_test.Audio named "left" ("b") and int ("n")`
	if got := all.String(); got != want {
		t.Errorf("got %s", got)
	}
	audio := reflect.TypeFor[Audio]()
	if got := all.OfType(audio).Named(""); len(got) != 1 || got[0].Name != "a" {
		t.Errorf("got %s", got)
	}
	if !all.Has(audio) || all.Has(reflect.TypeFor[string]()) || len(all) != 3 {
		t.Errorf("got %s", all)
	}
}

// TestAddJoin checks that the options of a join are applied, and nil ones told.
func TestAddJoin(t *testing.T) {
	unique := declaration.JoinOption(func(j *declaration.Join) { j.Unique = true })
	m := declare(join(unique, nil), join(unique, nil))
	if len(m.Joins) != 2 || !m.Joins[0].Unique || m.Joins[0].Left != reflect.TypeFor[Audio]() {
		t.Fatalf("got %+v", m.Joins)
	}
	want := "mill: 2 mistakes:\n\tleat.Join (declaration_test.go:N): option 2 of the join is nil; leave it out" +
		"\n\tleat.Join (declaration_test.go:N): option 2 of the join is nil; leave it out"
	if got := text(m); got != want {
		t.Errorf("got %s", got)
	}
}

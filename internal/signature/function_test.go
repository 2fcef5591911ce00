package signature_test

import (
	"context"
	"iter"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/signature"
)

type (
	Audio  struct{ Time int }
	Video  struct{ Time int }
	Box    struct{ Frame int }
	Text   struct{ Text string }
	Texts  []Text
	Record struct{ Offset int64 }
	Other  struct{ X int }
	Input  struct {
		Audio
		Videos []Video
	}
)

// facts are those of a source with audio, video and boxes, where video is joined to audio and boxes to video, and of a
// sink with texts.
func facts() *signature.Facts {
	return &signature.Facts{
		Record:    reflect.TypeFor[Record](),
		Source:    true,
		Inputs:    []reflect.Type{reflect.TypeFor[Audio](), reflect.TypeFor[Video](), reflect.TypeFor[Box]()},
		InputText: "audio, video and boxes",
		Outputs:   []reflect.Type{reflect.TypeFor[Text](), reflect.TypeFor[Texts]()},
		Joins: []signature.Join{
			{Left: reflect.TypeFor[Audio](), Right: reflect.TypeFor[Video]()},
			{Left: reflect.TypeFor[Video](), Right: reflect.TypeFor[Box]()},
		},
		Provided: []reflect.Type{reflect.TypeFor[[]Box]()},
	}
}

func windowed(f *signature.Facts)     { f.Windowed = true }
func overAudio(f *signature.Facts)    { f.Windowed, f.WindowOver = true, reflect.TypeFor[Audio]() }
func unjoined(f *signature.Facts)     { f.Joins = nil }
func sourceless(f *signature.Facts)   { f.Source, f.Inputs, f.InputText = false, nil, "none" }
func noStreams(f *signature.Facts)    { f.Inputs, f.InputText, f.Joins = nil, "none", nil }
func plain(*signature.Facts)          {}
func nothingKnown(f *signature.Facts) { sourceless(f); f.Joins = nil }

func twoRoots(f *signature.Facts) {
	f.Joins = append(f.Joins, signature.Join{Left: reflect.TypeFor[Other](), Right: reflect.TypeFor[Text]()})
}

// TestKinds checks what each parameter of a function is for.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name   string
		fn     any
		change func(*signature.Facts)
		want   []signature.Kind
	}{
		{"master", func(Audio) {}, plain, []signature.Kind{signature.Master}},
		{"pointer to the master", func(*Audio) {}, plain, []signature.Kind{signature.Master}},
		{"context", func(context.Context, Audio) {}, plain, []signature.Kind{signature.Context, signature.Master}},
		{"matches", func(Audio, []Video, []*Video) {}, plain,
			[]signature.Kind{signature.Master, signature.Matches, signature.Matches}},
		{"maps", func(Audio, map[Video][]Box, map[*Video][]*Box) {}, plain,
			[]signature.Kind{signature.Master, signature.MatchMap, signature.MatchMap}},
		{"a map that was meant", func(Audio, map[Video]Other, map[string][]Box) {}, plain,
			[]signature.Kind{signature.Master, signature.MatchMap, signature.MatchMap}},
		{"single", func(Audio, Video) {}, plain, []signature.Kind{signature.Master, signature.Single}},
		{"variadic", func(Audio, ...Video) {}, plain, []signature.Kind{signature.Master, signature.Variadic}},
		{"record", func(Audio, Record) {}, plain, []signature.Kind{signature.Master, signature.Record}},
		{"provided, though it is a list of elements", func(Audio, []Box) {}, plain,
			[]signature.Kind{signature.Master, signature.Injected}},
		{"others", func(Audio, *slog.Logger, int, map[string]int) {}, plain,
			[]signature.Kind{signature.Master, signature.Injected, signature.Injected, signature.Injected}},
		{"injected before the master", func(int, Audio) {}, plain, []signature.Kind{signature.Injected, signature.Master}},
		{"window", func([]Audio, []Record, map[Audio][]Video) {}, windowed,
			[]signature.Kind{signature.Masters, signature.Records, signature.MatchMap}},
		{"lists before the masters of a window", func([]Video, []Audio) {}, overAudio,
			[]signature.Kind{signature.Matches, signature.Masters}},
		{"the root of the joins, not the first element", func(Video, Audio) {}, plain,
			[]signature.Kind{signature.Single, signature.Master}},
		{"without joins the first element", func(Video, Audio) {}, unjoined,
			[]signature.Kind{signature.Master, signature.Single}},
		{"joined, without a source", func(Audio, []Video) {}, sourceless,
			[]signature.Kind{signature.Master, signature.Matches}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := facts()
			c.change(f)
			s, mistakes := signature.Read(reflect.TypeOf(c.fn), f)
			if len(mistakes) > 0 {
				t.Fatal(mistakes)
			}
			var got []signature.Kind
			for _, p := range s.Parameters {
				got = append(got, p.Kind)
				if p.Mistake != "" {
					t.Errorf("%v: %s", &p, p.Mistake)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestMasterMistakes checks what is said of a function whose master can't be found, or has the wrong form.
func TestMasterMistakes(t *testing.T) {
	for _, c := range []struct {
		name   string
		fn     any
		change func(*signature.Facts)
		want   string
	}{
		{"list without a window", func([]Audio) {}, plain, "parameter 1 ([]signature_test.Audio): " +
			"without a window each master comes " +
			"alone; make it signature_test.Audio, or add leat.Window, leat.WindowEvery or leat.WindowCount"},
		{"none with a window", func(Audio) {}, windowed,
			"parameter 1 (signature_test.Audio): a window hands the masters over as a list; make it []signature_test.Audio"},
		{"none with a window over it", func(int, *Audio) {}, overAudio,
			"parameter 2 (*signature_test.Audio): a window hands the masters over as a list; make it []*signature_test.Audio"},
		{"joins, but no master", func(int) {}, plain,
			"no parameter takes the master, which the joins start from; add one of type signature_test.Audio"},
		{"joins and a window, but no masters", func(int) {}, windowed,
			"no parameter takes the masters, which the joins start from; add one of type []signature_test.Audio"},
		{"no element", func(int) {}, unjoined,
			"no parameter takes the master element; add one of a type that has a stream: the source has audio, video and boxes"},
		{"unknown struct", func(Other) {}, unjoined,
			"parameter 1 (signature_test.Other): the source has no stream of it; it has audio, video and boxes"},
		{"a logger is no unknown struct", func(*slog.Logger) {}, noStreams,
			"no parameter takes the master element; add one of a type that has a stream: the source has none"},
		{"the input of a typed function", func(*Input) {}, plain, "parameter 1 (*signature_test.Input): " +
			"a struct that holds elements is " +
			"what a function of leat.Typed takes; make the mill by leat.New(leat.Typed(fn), ...)"},
		{"nothing is known", func(Audio) {}, nothingKnown, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := facts()
			c.change(f)
			s, mistakes := signature.Read(reflect.TypeOf(c.fn), f)
			if got := text(mistakes); got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
			// With the wrong form, what is behind the master is read, too.
			if formed := strings.Contains(c.want, "make it ") && !strings.Contains(c.want,
				"Typed"); (s.Element != nil) != formed {
				t.Errorf("the master is %v", s.Element)
			}
		})
	}
}

func text(mistakes []error) string {
	var words []string
	for _, m := range mistakes {
		words = append(words, m.Error())
	}
	return strings.Join(words, "\n")
}

// TestParameterMistakes checks what is wrong with parameters whatever the tree is.
func TestParameterMistakes(t *testing.T) {
	for _, c := range []struct {
		name   string
		fn     any
		change func(*signature.Facts)
		want   string
	}{
		{"context behind", func(Audio, context.Context) {}, plain,
			"parameter 2 (context.Context): the context must be the first parameter"},
		{"pointer to a record", func(Audio, *Record) {}, plain,
			"parameter 2 (*signature_test.Record): the master's record comes as a value; make it signature_test.Record"},
		{"records without a window", func(Audio, []Record) {}, plain,
			"parameter 2 ([]signature_test.Record): without a window there is one record; make it signature_test.Record"},
		{"one record with a window", func([]Audio, Record) {}, windowed,
			"parameter 2 (signature_test.Record): a window has a record " +
				"for each of its masters; make it []signature_test.Record"},
		{"pointers to records with a window", func([]Audio, []*Record) {}, windowed,
			"parameter 2 ([]*signature_test.Record): a window " +
				"has a record for each of its masters; make it []signature_test.Record"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := facts()
			c.change(f)
			s, mistakes := signature.Read(reflect.TypeOf(c.fn), f)
			if len(mistakes) > 0 {
				t.Fatal(mistakes)
			}
			p := &s.Parameters[1]
			if got := p.String() + ": " + p.Mistake; got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
		})
	}
}

// TestResults checks how each type of a result is read.
func TestResults(t *testing.T) {
	text, number := reflect.TypeFor[Text](), reflect.TypeFor[int]()
	for _, c := range []struct {
		name string
		fn   any
		want []signature.Result
		// failing says that the last result is an error.
		failing bool
	}{
		{"none", func(Audio) {}, nil, false},
		{"error", func(Audio) error { return nil }, nil, true},
		{"element", func(Audio) Text { return Text{} }, []signature.Result{{Form: signature.One, Element: text}}, false},
		{"pointer", func(Audio) (*Text, error) { return nil, nil },
			[]signature.Result{{Form: signature.One, Pointer: true, Element: text}}, true},
		{"list", func(Audio) []Text { return nil }, []signature.Result{{Form: signature.Slice, Element: text}}, false},
		{"list of pointers", func(Audio) []*Text { return nil },
			[]signature.Result{{Form: signature.Slice, Pointer: true, Element: text}}, false},
		{"a list that is an element", func(Audio) Texts { return nil },
			[]signature.Result{{Form: signature.One, Element: reflect.TypeFor[Texts]()}}, false},
		{"sequence", func(Audio) iter.Seq[Text] { return nil }, []signature.Result{{Form: signature.Sequence,
			Element: text}}, false},
		{"fallible sequence", func(Audio) iter.Seq2[*Text, error] { return nil },
			[]signature.Result{{Form: signature.Fallible, Pointer: true, Element: text}}, false},
		{"several", func(Audio) (Text, int, error) { return Text{}, 0, nil },
			[]signature.Result{{Form: signature.One, Element: text}, {Index: 1, Form: signature.One, Element: number}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := signature.Read(reflect.TypeOf(c.fn), facts())
			if s.Failing != c.failing {
				t.Errorf("failing is %v", s.Failing)
			}
			for i := range c.want {
				c.want[i].Type = reflect.TypeOf(c.fn).Out(i)
			}
			if !slices.Equal(s.Results, c.want) {
				t.Errorf("got %+v, want %+v", s.Results, c.want)
			}
		})
	}
}

// TestResultMistakes checks what is said of results that can't be written.
func TestResultMistakes(t *testing.T) {
	const unwritable = "this can't be written; a result is an element R, *R, []R, iter.Seq[R] or iter.Seq2[R, error], " +
		"and the last one may be an error"
	for _, c := range []struct {
		name, want string
		fn         any
	}{
		{"error before", "result 1 (error): an error must be the last result, and there is one at most",
			reflect.New(reflect.FuncOf([]reflect.Type{reflect.TypeFor[Audio]()},
				[]reflect.Type{reflect.TypeFor[error](), reflect.TypeFor[Text]()}, false)).Elem().Interface()},
		{"interface", "result 1 (interface {}): " + unwritable, func(Audio) any { return nil }},
		{"channel", "result 1 (chan signature_test.Text): " + unwritable, func(Audio) chan Text { return nil }},
		{"function", "result 1 (func()): " + unwritable, func(Audio) func() { return nil }},
		{"list of errors", "result 1 ([]error): " + unwritable, func(Audio) []error { return nil }},
		{"pointer to a pointer", "result 1 (**signature_test.Text): " + unwritable, func(Audio) **Text { return nil }},
		{"sequence of pairs", "result 1 (iter.Seq2[signature_test.Text,int]): " +
			"the second type of a sequence is that of an error, " +
			"not int; make it iter.Seq2[signature_test.Text, error]", func(Audio) iter.Seq2[Text, int] { return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := signature.Read(reflect.TypeOf(c.fn), facts())
			if got := s.Results[0].String() + ": " + s.Results[0].Mistake; got != c.want {
				t.Errorf("got\n\t%s\nwant\n\t%s", got, c.want)
			}
		})
	}
}

package call_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/dig"

	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/declaration"
)

type element struct{ Time int }

// provided is a declaration with values.
func provided(values ...any) *declaration.Mill {
	m := declaration.New[*declaration.Option](declaration.Public{}, nil)
	m.Provide(declaration.Many("leat.Provide", nil), values)
	return m
}

// contained is a declaration with values and a container that makes a string, but fails to make an int8.
func contained(t *testing.T, values ...any) *declaration.Mill {
	t.Helper()
	m := provided(values...)
	container := dig.New()
	m.Container = declaration.NewContainer(container)
	err := errors.Join(
		container.Provide(func() string { return "made" }),
		container.Provide(func() (int8, error) { return 0, errors.New("no power") }),
	)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestInjector checks what a parameter of a type gets, or what would be right.
func TestInjector(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	logged := provided(1)
	logged.Logger = logger
	reader, builder := strings.NewReader("a"), new(strings.Builder)
	for _, c := range []struct {
		name     string
		declared *declaration.Mill
		t        reflect.Type
		want     any
		mistake  string
	}{
		{"its type", provided("a", 1), reflect.TypeFor[int](), 1, ""},
		{"an interface", provided(reader, 1), reflect.TypeFor[io.Reader](), reader, ""},
		{"its type before an interface", provided(reader, builder), reflect.TypeFor[*strings.Builder](), builder, ""},
		{"the only one that implements it", provided(reader, builder), reflect.TypeFor[fmt.Stringer](), builder, ""},
		{"an interface of two", provided(reader, io.LimitReader(reader, 1)), reflect.TypeFor[io.Reader](), nil,
			"several values of leat.Provide implement io.Reader: *strings.Reader and *io.LimitedReader; " +
				"leave one, or take it by its own type"},
		{"the logger", logged, reflect.TypeFor[*slog.Logger](), logger, ""},
		{"a logger of the user's", provided(logger), reflect.TypeFor[*slog.Logger](), logger, ""},
		{"from the container", contained(t, 1), reflect.TypeFor[string](), "made", ""},
		{"a value before the container", contained(t, "given"), reflect.TypeFor[string](), "given", ""},
		{"not in the container", contained(t), reflect.TypeFor[uint](), nil,
			"the container can't make it: missing type: uint; add a " +
				"constructor by container.Provide(func(...) uint), or a value by leat.Provide"},
		{"the container fails", contained(t), reflect.TypeFor[int8](), nil,
			"the container can't make it: no power; add a constructor by " +
				"container.Provide(func(...) int8), or a value by leat.Provide"},
		{"a pointer to it", provided(&element{}), reflect.TypeFor[element](), nil,
			"leat.Provide gives a *call_test.element; give a call_test.element"},
		{"what it points to", provided(element{}), reflect.TypeFor[*element](), nil,
			"leat.Provide gives a call_test.element; give a *call_test.element"},
		{"a list of what may be elements", provided(), reflect.TypeFor[[]*element](), nil,
			"no join has call_test.element on its right, " +
				"and the source has no stream of it; add both for its matches, or leat.Provide(value) for a value of your own"},
		{"a map of what may be elements", provided(), reflect.TypeFor[map[string][]element](), nil,
			"no join has call_test.element on its right, and the source has no stream of it; add both for its matches, " +
				"or leat.Provide(value) for a value of your own"},
		{"nothing", provided(), reflect.TypeFor[*element](), nil, "it is no element, for the source has no stream of " +
			"call_test.element, and nothing provides it; add leat.Provide(value), leat.Container(container), or a stream"},
	} {
		t.Run(c.name, func(t *testing.T) {
			value, err := call.NewInjector(c.declared).Value(c.t)
			switch {
			case err != nil && withoutLine(err) != c.mistake:
				t.Errorf("got\n\t%v\nwant\n\t%s", err, c.mistake)
			case err == nil && (c.mistake != "" || value.Interface() != c.want):
				t.Errorf("got %v, want %v%s", value, c.want, c.mistake)
			}
		})
	}
}

func withoutLine(err error) string {
	return regexp.MustCompile(` \(\w+\.go:\d+\)`).ReplaceAllString(err.Error(), "")
}

// TestUnused checks that each value must go somewhere; one that is told to be of the wrong type is not told twice.
func TestUnused(t *testing.T) {
	in := call.NewInjector(provided(1, "a", &element{}))
	if _, err := in.Value(reflect.TypeFor[int]()); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Value(reflect.TypeFor[element]()); err == nil {
		t.Fatal("no error")
	}
	mistakes := in.Unused("field")
	want := "leat.Provide: no field takes the string; leave it out, " +
		"or put what only some functions take into a leat.Container"
	if len(mistakes) != 1 || withoutLine(mistakes[0]) != want {
		t.Errorf("got %v", mistakes)
	}
}

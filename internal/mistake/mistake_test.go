package mistake_test

import (
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/mistake"
)

// TestList checks that one mistake is told on the line of what it is about, and several on a line each.
func TestList(t *testing.T) {
	var list mistake.List
	if err := list.Err("main.f"); err != nil {
		t.Errorf("without mistakes: %v", err)
	}
	list.Add("%s: %w", "parameter 1", io.EOF)
	err := list.Err("main.f (main.go:1)")
	if want := "main.f (main.go:1): parameter 1: EOF"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	list.Add("no master")
	err = list.Err("main.f")
	if want := "main.f: 2 mistakes:\n\tparameter 1: EOF\n\tno master"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
}

type Generic[T any] struct{ Value T }

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{mistake.And(nil), "none"},
		{mistake.And([]string{"a"}), "a"},
		{mistake.And([]string{"a", "b"}), "a and b"},
		{mistake.And([]string{"a", "b", "c"}), "a, b and c"},
		{mistake.Type(reflect.TypeFor[[]*Generic[int]]()), "[]*mistake_test.Generic[int]"},
		{mistake.Type(reflect.TypeFor[Generic[mistake.Location]]()), "mistake_test.Generic[mistake.Location]"},
		{mistake.Type(reflect.TypeFor[map[string]Generic[mistake.Location]]()),
			"map[string]mistake_test.Generic[mistake.Location]"},
		{mistake.ShortType(reflect.TypeFor[[]*struct{ A, B int }]()), "[]*struct{...}"},
		{mistake.ShortType(reflect.TypeFor[map[string]int]()), "map[string]int"},
		{mistake.ShortType(reflect.TypeFor[io.Reader]()), "io.Reader"},
		{mistake.Element(reflect.TypeFor[mistake.Location](), ""), "mistake.Location"},
		{mistake.Element(reflect.TypeFor[mistake.Location](), "left"), `mistake.Location named "left"`},
		{mistake.Nil(nil), "nil"},
		{mistake.Nil((*int)(nil)), "a nil *int"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestIsNil(t *testing.T) {
	var reader io.Reader
	for _, value := range []any{nil, reader, (*int)(nil), (func())(nil), map[int]int(nil), chan int(nil)} {
		if !mistake.IsNil(value) {
			t.Errorf("%T isn't nil", value)
		}
	}
	for _, value := range []any{0, "", []int(nil), struct{}{}, new(int)} {
		if mistake.IsNil(value) {
			t.Errorf("%T is nil", value)
		}
	}
}

func option(skip int) mistake.Location { return mistake.Caller(skip) }

type speeds struct{}

func (speeds) key(int) int { return 0 }

func generic[T any](T) {}

// TestLocations checks where callers and functions are said to be: relative to the working directory.
func TestLocations(t *testing.T) {
	line := regexp.MustCompile(`^mistake_test\.go:\d+$`)
	if got := option(0).String(); !line.MatchString(got) {
		t.Errorf("the caller is at %q", got)
	}
	if got := option(1).String(); line.MatchString(got) || !strings.Contains(got, "testing.go:") {
		t.Errorf("the caller's caller is at %q", got)
	}
	if got := (mistake.Location{}).String(); got != "unknown location" {
		t.Errorf("got %q", got)
	}
	if got := (mistake.Location{}).Suffix(); got != "" {
		t.Errorf("got %q", got)
	}
	if got := (mistake.Location{File: "/elsewhere/main.go", Line: 3}).Suffix(); got != " (/elsewhere/main.go:3)" {
		t.Errorf("got %q", got)
	}
	for _, c := range []struct {
		fn   any
		name string
	}{
		{TestLocations, "mistake_test.TestLocations"},
		{speeds{}.key, "mistake_test.speeds.key"},
		{generic[int], "mistake_test.generic"},
		{func() {}, "mistake_test.TestLocations.func1"},
	} {
		name, _ := mistake.Function(reflect.ValueOf(c.fn))
		if name != c.name {
			t.Errorf("got %q, want %q", name, c.name)
		}
	}
	if got := mistake.KeyFunction(func() {}); !line.MatchString(got) {
		t.Errorf("got %q", got)
	}
	if got := mistake.KeyFunction(speeds{}.key); got != "mistake_test.speeds.key" {
		t.Errorf("a method's wrapper has no place, but %q", got)
	}
}

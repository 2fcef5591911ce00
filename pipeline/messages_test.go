package pipeline_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
)

const (
	two    = "streams: {a: {file: a.json}, b: {file: b.json}, out: {file: out.json}}\nmaster: a\noutput: out\n"
	joined = two + `join: [{left: a, right: b, on: "a.t == b.t"}]` + "\n"
)

// TestMessages holds what a user reads who has made a mistake: one line, with the very place and what would be right.
// The cases are in testdata/messages.txt.
func TestMessages(t *testing.T) { storagetest.Messages(t) }

func TestConditionsInEveryForm(t *testing.T) {
	for _, on := range []string{
		"a.t == b.t", "b.t == a.t", "(a.t == b.t)", "((a.t) == (b.t))", "(a.t + 1) * 2 == (b.t)", " ( (a.t) + 1 == b.t ) ",
		`replace(a.t, "(", "") == lower(b.t)`, "a['t'] == b?.t", "a.t % 7 == b.t // a comment",
	} {
		text := two + "join:\n- {left: a, right: b, on: '" + strings.ReplaceAll(on, "'", "''") + "'}\n"
		if _, err := pipeline.Parse("p.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", on, err)
		}
	}
}

func TestExcerpt(t *testing.T) {
	_, err := pipeline.Parse("p.yaml", []byte(two+"\n\njoin:\n\n\n\n- {left: a, right: b, on: a.t == bö.x}\n"))
	var where *pipeline.Error
	if !errors.As(err, &where) {
		t.Fatal(err)
	}
	want := "   10 | - {left: a, right: b, on: a.t == bö.x}\n      |                                  ^"
	if got := where.Excerpt(); got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

// FuzzPipeline parses whatever comes: nothing panics, and every error has a place that there is.
func FuzzPipeline(f *testing.F) {
	for _, text := range []string{
		"", joined, joined + "window: {every: 20s}\nemit:\n  x: a.t\n", joined + "window: floor(a.t / 3)\n",
		two + "join:\n- {left: a, right: b, on: a.t == b.t, by: [a.k == b.k], within: {before: any}, take: last, need: optional}\n",
		two + "join:\n- left: a\n  right: b\n  on: |\n    a.t ==\n    b.t + \"x\n", "streams: &x {a: *x}\n", "{}", "[", "a: \"\\x\"",
		"? a\n: b\n", "!!str a: b", "streams:\n  a: {file: '-'}\nmaster: a\noutput: a\n", "\xff", "<<: {a: b}", "a: |2-\n   x",
		strings.ReplaceAll(joined, "file: ", "topic: ") + "kafka: {brokers: [x:1, y], tls: {ca: z}, sasl: {mechanism: plain, user: u, password: p}}",
		strings.ReplaceAll(joined, "file: ", "demo: x, topic: ") + "kafka:\n  brokers: x\n  start: latest\n  data_timeout: 1s\n  tls: true\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := pipeline.Parse("p.yaml", []byte(text))
		if err == nil {
			_ = p.Plan().String()
			return
		}
		var where *pipeline.Error
		if !errors.As(err, &where) {
			t.Fatalf("%q: the error has no place: %v", text, err)
		}
		lines := strings.Split(text, "\n")
		if where.Line < 1 || where.Line > len(lines) || where.Column < 1 || where.Column > len([]rune(lines[where.Line-1]))+1 {
			t.Fatalf("%q: there is no place %d:%d (%v)", text, where.Line, where.Column, err)
		}
		_ = where.Excerpt()
	})
}

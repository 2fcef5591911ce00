// Package storagetest is what the tests of storages share that pipeline files may name: a directory and a database to work
// in, what a user reads who has made a mistake, and a shop that is looked at in every way.
package storagetest

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// A Workplace is a directory and a database of a test.
type Workplace struct {
	testing.TB
	Kind storage.Kind
	// Dir holds the pipeline file and its files, and URL is how the database is reached.
	Dir, URL string
	// Exec runs statements, and Query one, whose rows it returns as texts, a line for each.
	Exec  func(statements string)
	Query func(statement string) string
}

// Quiet returns options of a run that logs nothing.
func Quiet() pipeline.Options {
	return pipeline.Options{Logger: slog.New(slog.DiscardHandler)}
}

// Write writes a file.
func (w *Workplace) Write(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.Dir, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// Read returns the text of a file.
func (w *Workplace) Read(name string) string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.Dir, name))
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

// Load makes a pipeline of a text behind the one that says how the database is reached.
func (w *Workplace) Load(text string) *pipeline.Pipeline {
	w.Helper()
	return w.parse(w.Kind.Name() + ": {url: '" + w.URL + "'}\n" + text)
}

func (w *Workplace) parse(text string) *pipeline.Pipeline {
	w.Helper()
	p, err := pipeline.Parse(filepath.Join(w.Dir, "shop.yaml"), []byte(text), w.Kind)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// Run runs a pipeline with a logger that keeps what is said.
func (w *Workplace) Run(p *pipeline.Pipeline) (log string) {
	w.Helper()
	var text bytes.Buffer
	if err := p.Run(w.Context(), pipeline.Options{Logger: slog.New(slog.NewTextHandler(&text, nil))}); err != nil {
		w.Fatal(err)
	}
	return text.String()
}

// Messages holds what a user reads who has made a mistake: one line, with its location and what would be right. The cases
// are in testdata/messages.txt.
func Messages(t *testing.T, kinds ...pipeline.Part) {
	cases, err := os.ReadFile(filepath.Join("testdata", "messages.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split(strings.ReplaceAll(string(cases), "\r\n", "\n"), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(c, "\n")
		text, want, ok := strings.Cut(rest, ">>> ")
		if !ok {
			t.Fatalf("%s: there is no >>>", name)
		}
		t.Run(name, func(t *testing.T) {
			_, err := pipeline.Parse("p.yaml", []byte(text), kinds...)
			var where *pipeline.Error
			if !errors.As(err, &where) {
				t.Fatalf("error %v, want %s", err, want)
			}
			if got, want := err.Error(), strings.TrimSpace(want); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// A Mishap is a run that fails: what the pipeline file has in the storage's member, at its streams a and out, and a part
// of the error. It is an alias, so that tables of tests needn't name the members.
type Mishap = struct{ Connection, In, Out, Want string }

// Mishaps runs pipelines that fail, and finds a part of each error, and no secret in any.
func (w *Workplace) Mishaps(t *testing.T, mishaps map[string]Mishap, secrets ...string) {
	for name, m := range mishaps {
		t.Run(name, func(t *testing.T) {
			p := w.parse(w.Kind.Name() + ": {" + m.Connection + "}\nstreams: {a: {" + m.In + "}, out: {" + m.Out +
				"}}\nmaster: a\noutput: out\n")
			err := p.Run(t.Context(), Quiet())
			if err == nil || !strings.Contains(err.Error(), m.Want) {
				t.Fatalf("error %v, want %s", err, m.Want)
			}
			for _, secret := range secrets {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows the password: %v", err)
				}
			}
		})
	}
}

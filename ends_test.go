package leat_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// R6, R10: EndOfStream ends the session however it is wrapped, but hides no other error and no panic.
func TestR6WhatEnds(t *testing.T) {
	failure := errors.New("the disk is full")
	for name, test := range map[string]struct {
		err  error
		ends bool
	}{
		"itself":            {leat.EndOfStream, true},
		"wrapped":           {fmt.Errorf("it is enough: %w", leat.EndOfStream), true},
		"joined alone":      {errors.Join(nil, leat.EndOfStream), true},
		"joined":            {errors.Join(leat.EndOfStream, failure), false},
		"wrapped with more": {fmt.Errorf("%w, and %w", leat.EndOfStream, failure), false},
		"another":           {failure, false},
	} {
		ends := func(t *testing.T, form string, function any, ends bool) {
			t.Helper()
			b := newBroker(t)
			mill, err := leat.New(function, leat.Broker(b), leat.Logger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			if err := mill.Run(t.Context()); (err == nil) != ends {
				t.Errorf("%s: the run returns %v", form, err)
			}
			got, err := memory.Elements[Text](b, "texts", 0)
			if err != nil || ends != (len(got) == 1) {
				t.Errorf("%s: wrote %v, %v", form, got, err)
			}
		}
		t.Run(name, func(t *testing.T) {
			last := Text{"last"}
			ends(t, "a result", func(Audio) (Text, error) { return last, test.err }, test.ends)
			ends(t, "an iterator", func(Audio) iter.Seq2[Text, error] {
				return func(yield func(Text, error) bool) { yield(last, test.err) }
			}, test.ends)
			ends(t, "an input", leat.Typed(func(_ context.Context, in *struct{ Audio }) (Text, error) {
				return last,
					test.err
			}), test.ends)
			ends(t, "a panic", func(Audio) (Text, error) { panic(test.err) }, false)
		})
	}
}

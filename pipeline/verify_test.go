package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline"
)

// verify runs a join of left.jsonl and right.jsonl by k.
func verify(t *testing.T, left, right string, verified bool) (progress pipeline.Progress, err error) {
	t.Helper()
	dir := folder(t, map[string]string{"left.jsonl": left, "right.jsonl": right})
	const text = "streams: {left: {file: left.jsonl}, right: {file: right.jsonl}, out: {file: out.jsonl}}\nmaster: left\noutput: out\n" +
		"join: [{left: left, right: right, on: left.k == right.k}]\n"
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	monitor := &pipeline.Monitor{}
	err = p.Run(t.Context(), pipeline.Options{Monitor: monitor, Verify: verified, Logger: slog.New(slog.DiscardHandler)})
	_, missing := os.Stat(filepath.Join(dir, "out.jsonl"))
	if (missing == nil) != (err == nil) {
		t.Errorf("the run ends with %v, and the output: %v", err, missing)
	}
	return monitor.Progress(), err
}

// keyLines returns an element a line.
func keyLines(keys ...any) string {
	var text strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&text, "{\"k\":%v}\n", k)
	}
	return text.String()
}

// What lies behind the end of a join isn't looked at, which the summary says, unless the run verifies it: then damage
// there fails the run, at its place.
func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name, left, right string
		// want is where the damage is; empty where there is none.
		want string
		// leftEnded and rightEnded say which streams the join reads to their ends.
		leftEnded, rightEnded bool
	}{
		{"the issue's: disorder and rubbish in the master", keyLines(1, 9, 3) + "rubbish", keyLines(1, 4), "left.jsonl:3:1 ", false, true},
		{"rubbish in the master", keyLines(1, 9) + "rubbish", keyLines(1, 4), "left.jsonl:3:1 ", false, true},
		{"rubbish in a child", keyLines(1, 4), keyLines(1, 9) + "  rubbish\n", "right.jsonl:3:3 ", true, false},
		{"disorder in a child", keyLines(1, 4), keyLines(1, 9, 10, 3, 11), "right.jsonl:4:1 ", true, false},
		{"disorder right behind the join", keyLines(1, 4), keyLines(1, 9, 3), "right.jsonl:3:1 ", true, false},
		{"disorder far behind", keyLines(1, 4), keyLines(1, 9) + strings.Repeat(keyLines(10), 5000) + keyLines(9), "right.jsonl:5003:1 ", true, false},
		{"a key that isn't there", keyLines(1, 4), keyLines(1, 9) + "{\"l\":10}\n", "right.jsonl:3:1 ", true, false},
		{"half an element", keyLines(1, 4), keyLines(1, 9) + "{\"k\":", "right.jsonl:3:6 ", true, false},
		{"no damage", keyLines(1, 4), keyLines(1, 9, 9, 10), "", true, false},
		{"nothing behind", keyLines(1, 4), keyLines(1, 4), "", true, true},
		{"one element that was looked at", keyLines(1, 4), keyLines(1, 9), "", true, true},
		{"an empty child", keyLines(1, 4), "", "", false, true},
		{"an empty master", "", keyLines(1, 4), "", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			progress, err := verify(t, c.left, c.right, false)
			if err != nil {
				t.Fatalf("without verifying: %v", err)
			}
			left, right := progress.Streams[0], progress.Streams[1]
			if left.Ended != c.leftEnded || right.Ended != c.rightEnded || left.Line > int(left.Read) || right.Line > int(right.Read) {
				t.Errorf("left read to its end: %v, up to line %d, right: %v, up to line %d", left.Ended, left.Line, right.Ended, right.Line)
			}
			progress, err = verify(t, c.left, c.right, true)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range progress.Streams {
					if !s.Ended && !s.Verified {
						t.Errorf("%s is neither read to its end nor verified", s.Name)
					}
				}
				return
			}
			var at *broker.PositionError
			if !errors.As(err, &at) || !strings.Contains(err.Error(), string(filepath.Separator)+c.want) ||
				!strings.HasPrefix(err.Error(), "verifying what the join didn't need: ") {
				t.Errorf("got %v, want an error at %s", err, c.want)
			}
		})
	}
}

// How much there is behind the join is told.
func TestVerifiedElementsAreCounted(t *testing.T) {
	progress, err := verify(t, keyLines(1, 4), keyLines(1, 9)+strings.Repeat(keyLines(10), 5000), true)
	if s := progress.Streams[1]; err != nil || s.Read != 2 || s.Line != 2 || s.Beyond != 5000 || !s.Verified {
		t.Errorf("%+v, %v", s, err)
	}
}

// A stream without an end can't be verified, which is said, and doesn't hold the run up.
func TestVerifyWithoutAnEnd(t *testing.T) {
	dir := folder(t, map[string]string{"left.jsonl": keyLines(1, 4), "right.jsonl": keyLines(1, 9, 3)})
	const text = "streams: {left: {file: left.jsonl}, right: {file: right.jsonl, follow: true}, out: {file: \"-\"}}\nmaster: left\noutput: out\n" +
		"join: [{left: left, right: right, on: left.k == right.k}]\n"
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var logged bytes.Buffer
		var mu sync.Mutex
		logger := slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return logged.Write(p)
		}), nil))
		if err := p.Run(ctx, pipeline.Options{Stdout: &bytes.Buffer{}, Verify: true, Logger: logger}); err != nil {
			t.Error(err)
		}
		if !strings.Contains(logged.String(), "a stream without an end can't be verified\" partition=0 node=right") {
			t.Errorf("logged %s", logged.String())
		}
	})
}

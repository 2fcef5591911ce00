package engine

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
)

// Results of any number and size come out of the buffers as they went in, one by one or side by side as their output takes
// them, but for those that were taken back, while buffers of earlier commits are used again.
func TestBuffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s buffers
		for range rapid.IntRange(1, 4).Draw(t, "commits") {
			var want []broker.Result
			size := 0
			for range rapid.IntRange(0, 5).Draw(t, "additions") {
				r := results{callCounts: callCounts{calls: 1}}
				for range rapid.IntRange(0, 3*bufferItems).Draw(t, "results") {
					n := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(0, 2*bufferBytes)).Draw(t, "size")
					value := bytes.Repeat([]byte{byte(len(want))}, n)
					before := r.mark()
					addResult(&r, len(want)/7%3, value)
					if rapid.IntRange(0, 4).Draw(t, "taken back") == 0 {
						r.truncate(before)
						continue
					}
					want = append(want, broker.Result{Stream: len(want) / 7 % 3, Value: value, Key: value})
					size += n
				}
				s.add(&r)
			}
			got := s.appendTo(nil)
			if s.count != len(want) || s.size != size || s.length() != len(got) {
				t.Fatalf("%d results in %d of %d, with %d bytes, want %d with %d", s.count, s.length(), len(got), s.size,
					len(want), size)
			}
			checkResults(t, got, want)
			s.free()
			if s.count != 0 || s.size != 0 || s.calls != 0 || len(s.appendTo(nil)) != 0 {
				t.Fatal("something is left")
			}
		}
	})
}

// addResult adds a result to an output, of which those with even numbers encode themselves.
func addResult(r *results, output int, value []byte) {
	start := len(r.bytes)
	r.bytes = append(r.bytes, value...)
	if output%2 == 0 {
		r.addTogether(output, start)
		return
	}
	r.count++
	r.items = append(r.items, result{output: output, start: start, end: len(r.bytes), key: value})
}

// checkResults compares results with those that were added, one by one.
func checkResults(t *rapid.T, got, want []broker.Result) {
	for i := range got {
		all := want[:max(1, min(got[i].Count, len(want)))]
		want = want[len(all):]
		var value, key []byte
		for _, w := range all {
			if w.Stream != got[i].Stream {
				t.Fatalf("result %d is of another stream than what was added", i)
			}
			value, key = append(value, w.Value...), w.Key
		}
		isOwn := got[i].Stream%2 == 0
		if isOwn {
			key = nil
		}
		if !bytes.Equal(got[i].Value, value) || !bytes.Equal(got[i].Key, key) || isOwn != (got[i].Count > 0) {
			t.Fatalf("result %d is not what was added", i)
		}
	}
	if len(want) > 0 {
		t.Fatalf("%d results are missing", len(want))
	}
}

package engine

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
)

// Results of any number and size come out of the buffers as they went in, while buffers of earlier commits are used
// again.
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
					start := len(r.bytes)
					r.bytes = append(r.bytes, value...)
					r.items = append(r.items, result{output: len(want) % 3, start: start, end: len(r.bytes), key: value})
					want = append(want, broker.Result{Stream: len(want) % 3, Value: value, Key: value})
					size += n
				}
				s.add(&r)
			}
			got := s.appendTo(nil)
			if len(got) != len(want) || s.count != len(want) || s.size != size {
				t.Fatalf("%d results, %d counted with %d bytes, want %d with %d", len(got), s.count, s.size, len(want), size)
			}
			for i := range want {
				same := bytes.Equal(got[i].Value, want[i].Value) && bytes.Equal(got[i].Key, want[i].Key)
				if !same || got[i].Stream != want[i].Stream {
					t.Fatalf("result %d is not what was added", i)
				}
			}
			s.free()
			if s.count != 0 || s.size != 0 || s.calls != 0 || len(s.appendTo(nil)) != 0 {
				t.Fatal("something is left")
			}
		}
	})
}

package progress_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
)

// TestRoundTrip says that progress comes back as it was, positions to the byte.
func TestRoundTrip(t *testing.T) {
	var nodes []broker.Rewind
	for _, position := range []string{"", "17-0", `{"at":["a\u003cb"]}`, `{ "at": [] }`, `{"at":["<"]}`, "{", `"quoted"`,
		"0/16B3748,3", "null", "{}"} {
		nodes = append(nodes, broker.Rewind{Node: "n", Offset: 1 << 62, Seen: 1<<62 + 1, Accounted: 3, Position: position, Sorted: position, Idle: position})
	}
	nodes = append(nodes, broker.Rewind{Node: "ended", Behind: true, NextSession: true})
	for _, want := range []broker.Progress{{}, {Sessions: 3}, {Sessions: 1, Nodes: nodes}} {
		text, err := progress.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := progress.Unmarshal(text)
		if err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %v %s", text, err, cmp.Diff(want, got))
		}
	}
}

// TestReadable says that a position that is an object is kept as one, for people who look at what is kept.
func TestReadable(t *testing.T) {
	text, err := progress.Marshal(broker.Progress{Nodes: []broker.Rewind{{Node: "n", Position: `{"at":["7"]}`}}})
	if err != nil || !strings.Contains(string(text), `"position":{"at":["7"]}`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestDamaged says that what is kept and can't be read is an error, and that nothing is the beginning.
func TestDamaged(t *testing.T) {
	if p, err := progress.Unmarshal([]byte(`{"nodes":`)); err == nil {
		t.Errorf("read %v", p)
	}
	if p, err := progress.Unmarshal(nil); err != nil || cmp.Diff(p, broker.Progress{}) != "" {
		t.Errorf("nothing is %v, %v", p, err)
	}
}

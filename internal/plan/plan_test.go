package plan_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

type (
	Location struct{}
	Speed    struct{}
	Letter   struct{}
)

func specs() map[string]*engine.Spec {
	sink := memory.New()
	single := &engine.Spec{
		Name:   "copy",
		Master: &engine.Node{Name: "Location", Stream: broker.NewStream[Location]("robot-locations.json")},
	}
	chain := &engine.Node{
		Name:     "Speed",
		Stream:   broker.NewStream[Speed]("speeds"),
		On:       "time == floor(time_ms / 1000)",
		Unique:   true,
		Retained: "one element of one key",
	}
	tree := &engine.Spec{
		Name: "speed",
		Sink: sink,
		Master: &engine.Node{
			Name:   "Location",
			Stream: broker.NewStream[Location]("robot-locations"),
			Children: []*engine.Node{
				{
					Name:     "NextLocation",
					Stream:   broker.NewStream[Location]("robot-locations"),
					On:       "main.go:27 == main.go:28",
					Retained: "all elements of one key",
					Children: []*engine.Node{chain},
				},
				{
					Name:   `Location/robot "3" <main>`,
					Stream: broker.NewStream[Location](`C:\robots\3.json`),
					On:     "name == \"#3\"",
					How:    "last within any time before, by robot == robot, optional",

					Retained:  "one element for each value of its match key, for ever",
					Unbounded: true,
				},
			},
		},
		Window:       &engine.Window{Every: 20 * time.Second, Text: "every 20s"},
		Outputs:      []broker.Stream{broker.NewStream[Speed]("robot-speed"), broker.NewStream[Letter]("letters")},
		Letter:       func(engine.Failure) any { return nil },
		LetterOutput: 1,
		Concurrency:  4,
		OnDisorder:   engine.Policy{Kind: engine.Skip},
		OnDecode:     engine.Policy{Kind: engine.DeadLetter},
		OnError:      engine.Policy{Kind: engine.Retry, Attempts: 3, Backoff: 100 * time.Millisecond},
	}
	raw := &engine.Spec{
		Name:    "robot-speed.yaml",
		Sink:    sink,
		Master:  &engine.Node{Name: "prev", Stream: broker.NewStream[map[string]any]("locations.json")},
		Window:  &engine.Window{Text: "by floor(prev.time / 30)"},
		Outputs: []broker.Stream{broker.NewStream[map[string]any]("speed.json")},
	}
	return map[string]*engine.Spec{"single": single, "tree": tree, "raw": raw}
}

// TestGolden compares plans with the files in testdata; -update writes those.
func TestGolden(t *testing.T) {
	for name, spec := range specs() {
		p := plan.Of(spec)
		for ending, drawing := range map[string]string{".txt": p.String(), ".mmd": p.Mermaid(), ".dot": p.DOT()} {
			t.Run(name+ending, func(t *testing.T) { golden(t, name+ending, drawing) })
		}
	}
}

func golden(t *testing.T, name, got string) {
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

//go:build interop

package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

type Location struct {
	Time int `json:"time"`
	X    int `json:"x"`
}

type NextLocation Location

type Speed struct {
	From  int `json:"time_from"`
	To    int `json:"time_to"`
	Speed int `json:"speed"`
}

type Move struct {
	Time  int `json:"time"`
	X     int `json:"x"`
	Speed int `json:"speed"`
}

const mark = `{"eos__": true}`

// A service reads locations, and moves reads the speeds that another service writes.
type service struct {
	name          string
	speeds, moves func(t *testing.T, locations, speeds, moves string)
}

// Whichever of the two services is Leat's and whichever is Python's, the same comes out.
func TestChains(t *testing.T) {
	client := newClient(t)
	locations, want := fill(t, client)
	services := []service{
		{"leat", leatSpeeds, leatMoves},
		{"python", python("speeds"), python("moves")},
	}
	for _, first := range services {
		for _, second := range services {
			t.Run(first.name+" to "+second.name, func(t *testing.T) {
				speeds := topic(t, client, "speeds-"+first.name+"-"+second.name)
				moves := topic(t, client, "moves-"+first.name+"-"+second.name)
				first.speeds(t, locations, speeds, moves)
				second.moves(t, locations, speeds, moves)
				if got := readSession(t, moves); !slices.Equal(got, want) {
					t.Errorf("moves differ\n got %v\nwant %v", got, want)
				}
			})
		}
	}
}

func leatSpeeds(t *testing.T, locations, speeds, _ string) {
	runMill(t, func(prev Location, next []NextLocation) Speed {
		return Speed{prev.Time, next[0].Time, next[0].X - prev.X}
	}, kafka.New([]string{address(t)}, kafka.Group("leat-"+speeds),
		kafka.Topic[Location](locations), kafka.Topic[NextLocation](locations), kafka.Topic[Speed](speeds)),
		leat.Join(func(l Location) int { return l.Time + 10 }, func(n NextLocation) int { return n.Time }))
}

func leatMoves(t *testing.T, locations, speeds, moves string) {
	runMill(t, func(l Location, s []Speed) Move { return Move{l.Time, l.X, s[0].Speed} },
		kafka.New([]string{address(t)}, kafka.Group("leat-"+moves),
			kafka.Topic[Location](locations), kafka.Topic[Speed](speeds), kafka.Topic[Move](moves)),
		leat.Join(func(l Location) int { return l.Time }, func(s Speed) int { return s.From }))
}

func runMill(t *testing.T, fn any, b *kafka.Broker, join leat.Option) {
	t.Helper()
	mill, err := leat.New(fn, leat.Broker(b), join, leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := mill.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

func python(name string) func(t *testing.T, locations, speeds, moves string) {
	return func(t *testing.T, locations, speeds, moves string) {
		t.Helper()
		interpreter := os.Getenv("LEAT_TEST_PYTHON")
		if interpreter == "" {
			t.Fatal("LEAT_TEST_PYTHON must be a Python with the packages of requirements.txt")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		command := exec.CommandContext(ctx, interpreter, "service.py", name, address(t), locations, speeds, moves)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// fill makes a topic of locations and returns its name, and the moves that must come of them.
func fill(t *testing.T, client *kgo.Client) (locations string, want []Move) {
	const n = 100
	locations = topic(t, client, "locations")
	var records []*kgo.Record
	x := func(i int) int { return i * i % 97 }
	for i := range n {
		value := fmt.Sprintf(`{"time": %d, "x": %d}`, 10*i, x(i))
		records = append(records, &kgo.Record{Topic: locations, Value: []byte(value)})
		if i < n-1 {
			want = append(want, Move{10 * i, x(i), x(i+1) - x(i)})
		}
	}
	records = append(records, &kgo.Record{Topic: locations, Value: []byte(mark)})
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return locations, want
}

// readSession returns the committed moves of a topic up to the mark.
func readSession(t *testing.T, topic string) (moves []Move) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := newClient(t, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("behind %d moves: %v", len(moves), err)
		}
		for records := fetches.RecordIter(); !records.Done(); {
			value := records.Next().Value
			if string(value) == mark {
				return moves
			}
			var m Move
			if err := json.Unmarshal(value, &m); err != nil {
				t.Fatal(err)
			}
			moves = append(moves, m)
		}
	}
}

// topic makes a topic of one partition, since the Python package knows the first only, and returns its name.
func topic(t *testing.T, client *kgo.Client, name string) string {
	t.Helper()
	name = fmt.Sprintf("%s-%d", name, time.Now().UnixNano())
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, name); err != nil {
		t.Fatal(err)
	}
	return name
}

func newClient(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(address(t)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func address(t *testing.T) string {
	t.Helper()
	a := os.Getenv("LEAT_TEST_KAFKA")
	if a == "" {
		t.Fatal("LEAT_TEST_KAFKA must be the address of a Kafka")
	}
	return a
}

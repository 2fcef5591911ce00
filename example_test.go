package leat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/dig"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/expr"
)

// Location is one element of the stream of a robot's locations.
type Location struct {
	Time int     `json:"time"`
	X    float64 `json:"x"`
}

// NextLocation is the same stream, read one step ahead.
type NextLocation Location

type Speed struct {
	From  int     `json:"time_from"`
	Speed float64 `json:"speed"`
}

// Door is an element of a stream of doors that a robot came by.
type Door struct {
	Time float64 `json:"time_seconds"`
	Name string  `json:"name"`
}

func locationTime(l Location) int    { return l.Time }
func nextTime(l NextLocation) int    { return l.Time }
func (l Location) minute() int       { return l.Time / 60 }
func doorTime(d Door) int            { return int(d.Time * 1000) }
func printSpeed(s Speed)             { fmt.Println(s.From, s.Speed) }
func printLocation(l Location) error { _, err := fmt.Println(l.Time, l.X); return err }

// robotBroker returns a storage in memory with a few elements.
func robotBroker() *memory.Broker {
	b := memory.New(
		memory.Stream[Location]("locations"),
		memory.Stream[NextLocation]("locations"),
		memory.Stream[Speed]("speeds"),
		memory.Stream[Door]("doors"),
		memory.Stream[Door]("back-doors", memory.Named("back")),
		memory.Stream[leat.Letter]("letters"),
	)
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	check(memory.Append(b, "locations", 0, Location{0, 1}, Location{10, 2}, Location{20, 5}, Location{70, 7}))
	check(memory.Append(b, "doors", 0, Door{0.010, "hall"}, Door{0.010, "porch"}, Door{0.070, "gate"}))
	check(memory.Append(b, "back-doors", 0, Door{0.010, "stable"}, Door{0.070, "shed"}))
	for _, stream := range []string{"locations", "doors", "back-doors"} {
		check(b.End(stream))
	}
	return b
}

// runMill runs a mill over the robot's streams.
func runMill(fn any, options ...leat.Option) {
	silent := leat.Logger(slog.New(slog.DiscardHandler))
	mill, err := leat.New(fn, append(options, leat.Broker(robotBroker()), silent)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := mill.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
}

func Example() {
	speed := func(prev Location, next []NextLocation) Speed {
		return Speed{prev.Time, (next[0].X - prev.X) / 10}
	}
	streams := robotBroker()
	mill, err := leat.New(speed,
		leat.Broker(streams),
		leat.Join(
			func(l Location) int { return l.Time + 10 },
			func(r NextLocation) int { return r.Time },
		),
		leat.Name("speed"),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	speeds, err := memory.Elements[Speed](streams, "speeds", 0)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range speeds {
		fmt.Printf("%d: %.1f\n", s.From, s.Speed)
	}
	// Output:
	// 0: 0.1
	// 10: 0.3
}

func ExampleNew() {
	_, err := leat.New(func(l Location, doors []Door) {}, leat.Broker(robotBroker()))
	_, reason, _ := strings.Cut(err.Error(), "): ")
	what, remedy, _ := strings.Cut(reason, "; ")
	fmt.Println(what)
	fmt.Println(remedy)
	// Output:
	// parameter 2 ([]leat_test.Door): no join has leat_test.Door on its right
	// add leat.Join(func(leat_test.Location) K, func(leat_test.Door) K)
}

func ExampleMill_Run() {
	mill, err := leat.New(printLocation, leat.Broker(robotBroker()), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	// A run ends with the streams, or when its context does.
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if err := mill.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 0 1
	// 10 2
	// 20 5
	// 70 7
}

func ExampleJoin() {
	runMill(func(l Location, doors []Door) {
		fmt.Println(l.Time, doors)
	}, leat.Join(locationTime, doorTime))
	// Output:
	// 10 [{0.01 hall} {0.01 porch}]
	// 70 [{0.07 gate}]
}

// The matches of an element that isn't the master come in a map.
func ExampleJoin_chain() {
	runMill(func(l Location, next []NextLocation, doors map[NextLocation][]Door) {
		fmt.Println(l.Time, doors[next[0]])
	},
		leat.Join(func(l Location) int { return l.Time + 10 }, nextTime),
		leat.Join(nextTime, doorTime),
	)
	// Output:
	// 0 [{0.01 hall} {0.01 porch}]
}

func ExampleJoinFunc() {
	// A door belongs to the locations at most 15 before it.
	near := func(l Location, d Door) int {
		switch at := doorTime(d); {
		case at < l.Time:
			return 1
		case at > l.Time+15:
			return -1
		}
		return 0
	}
	runMill(func(l Location, doors []Door) {
		fmt.Println(l.Time, len(doors))
	}, leat.JoinFunc(near))
	// Output:
	// 0 2
	// 10 2
	// 70 1
}

func ExampleUnique() {
	speed := func(prev Location, next []NextLocation) Speed { return Speed{prev.Time, next[0].X - prev.X} }
	later := func(l Location) int { return l.Time + 10 }
	// Live, the speed is there with the next location: it doesn't wait for the one after that.
	mill, err := leat.New(speed, leat.Broker(robotBroker()), leat.Join(later, nextTime, leat.Unique()))
	fmt.Println(mill != nil, err)
	// Output: true <nil>
}

func ExampleNamed() {
	runMill(func(l Location, doors []Door) {
		fmt.Println(l.Time, doors)
	},
		leat.Join(locationTime, doorTime),
		leat.Join(locationTime, doorTime, leat.Named("back")),
	)
	// Output:
	// 10 [{0.01 hall} {0.01 porch} {0.01 stable}]
	// 70 [{0.07 gate} {0.07 shed}]
}

func ExampleLeft() {
	runMill(func(l Location, doors []Door, next map[Door][]NextLocation) {
		fmt.Println(l.Time, next)
	},
		leat.Join(locationTime, doorTime, leat.Named("back")),
		leat.Join(doorTime, nextTime, leat.Left("back")),
	)
	// Output:
	// 10 map[{0.01 stable}:[{10 2}]]
	// 70 map[{0.07 shed}:[{70 7}]]
}

func ExampleWindow() {
	runMill(func(list []Location) {
		fmt.Println(list[0].minute(), len(list))
	}, leat.Window(Location.minute))
	// Output:
	// 0 3
	// 1 1
}

func ExampleWindowCount() {
	runMill(func(list []Location) {
		fmt.Println(len(list))
	}, leat.WindowCount(3))
	// Output:
	// 3
	// 1
}

func ExampleWindowEvery() {
	count := func(list []Location) { fmt.Println(len(list), "locations in 20 seconds") }
	mill, err := leat.New(count, leat.Broker(robotBroker()), leat.WindowEvery(20*time.Second))
	fmt.Println(mill != nil, err)
	// Output: true <nil>
}

func ExampleProvide() {
	runMill(func(l Location, out io.Writer, unit string) {
		fmt.Fprintln(out, l.X, unit)
	}, leat.Provide(os.Stdout, "m"))
	// Output:
	// 1 m
	// 2 m
	// 5 m
	// 7 m
}

func ExampleContainer() {
	container := dig.New()
	if err := container.Provide(func() *strings.Builder { return new(strings.Builder) }); err != nil {
		log.Fatal(err)
	}
	runMill(func(l Location, text *strings.Builder) {
		fmt.Fprint(text, " ", l.Time)
		fmt.Println("times:", text)
	}, leat.Container(container))
	// Output:
	// times:  0
	// times:  0 10
	// times:  0 10 20
	// times:  0 10 20 70
}

func ExampleRecord() {
	runMill(func(l Location, r leat.Record) {
		fmt.Println(r.Stream, r.Partition, r.Offset, l.Time)
	})
	// Output:
	// locations 0 0 0
	// locations 0 1 10
	// locations 0 2 20
	// locations 0 3 70
}

func ExampleEndOfStream() {
	runMill(func(l Location) error {
		fmt.Println(l.Time)
		if l.X >= 2 {
			return leat.EndOfStream
		}
		return nil
	})
	// Output:
	// 0
	// 10
}

// A function may write any number of elements, one after the other.
func Example_iterator() {
	streams := robotBroker()
	countdown := func(l Location) iter.Seq[Speed] {
		return func(yield func(Speed) bool) {
			for x := l.X; x > 0 && yield(Speed{l.Time, x}); x-- {
			}
		}
	}
	mill, err := leat.New(countdown, leat.Broker(streams), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	speeds, err := memory.Elements[Speed](streams, "speeds", 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(speeds))
	// Output: 15
}

func ExampleFrom() {
	to := memory.New(memory.Stream[Location]("copy"))
	mill, err := leat.New(func(l Location) Location { return l }, leat.From(robotBroker()), leat.To(to))
	fmt.Println(mill != nil, err)
	// Output: true <nil>
}

func ExampleTo() {
	// A function without results may have a sink, too: it keeps the positions, so that the next run goes on from there.
	to := memory.New()
	mill, err := leat.New(printLocation, leat.From(robotBroker()), leat.To(to), leat.Name("print"),
		leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(to.Progress("print", 0).Nodes[0].Offset > 0)
	// Output:
	// 0 1
	// 10 2
	// 20 5
	// 70 7
	// true
}

// One storage for both directions: what the function takes is read, what it returns is written.
func ExampleBroker() {
	streams := memory.New(memory.Stream[Location]("locations"), memory.Stream[Speed]("speeds"))
	mill, err := leat.New(func(l Location) Speed { return Speed{From: l.Time} }, leat.Broker(streams))
	fmt.Println(mill != nil, err)
	// Output: true <nil>
}

// A function literal has no name that lasts, so its mill gets one: positions are kept under it.
func ExampleName() {
	mill, err := leat.New(func(l Location) {}, leat.Broker(robotBroker()), leat.Name("robot-locations"))
	if err != nil {
		log.Fatal(err)
	}
	first, _, _ := strings.Cut(mill.Plan().String(), "\n")
	fmt.Println(first)
	// Output: mill robot-locations
}

// The join is done at the second door, since no location is left. The rest of the file is read, too, and is damaged.
func ExampleVerify() {
	doors := `{"time_seconds":0,"name":"hall"}
{"time_seconds":1,"name":"gate"}
{"time_seconds":2,"name":
`
	dir := temporaryFiles(map[string]string{"locations.jsonl": `{"time":0}`, "doors.jsonl": doors})
	defer os.RemoveAll(dir)
	mill, err := leat.New(func(l Location, doors []Door) { fmt.Println(doors[0].Name) },
		leat.From(file.New(
			file.At[Location](filepath.Join(dir, "locations.jsonl")),
			file.At[Door](filepath.Join(dir, "doors.jsonl")),
		)),
		leat.Join(locationTime, doorTime),
		leat.Verify(),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	var at *broker.PositionError
	if err := mill.Run(context.Background()); errors.As(err, &at) {
		fmt.Println(filepath.Base(at.Position.Stream), "line", at.Position.Line)
	}
	// Output:
	// hall
	// doors.jsonl line 3
}

// temporaryFiles makes files in a new directory.
func temporaryFiles(texts map[string]string) (dir string) {
	dir, err := os.MkdirTemp("", "leat")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	return dir
}

func ExampleLogger() {
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	var text strings.Builder
	logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	fail := func(l Location) error {
		if l.Time > 0 {
			return leat.EndOfStream
		}
		return errors.New("no robot")
	}
	mill, err := leat.New(fail, leat.Broker(robotBroker()), leat.Name("watch"), leat.Logger(logger),
		leat.OnError(leat.Skip))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.ReplaceAll(text.String(), " leat.", "\n  leat."))
	// Output:
	// level=INFO msg="run starts"
	//   leat.mill=watch
	//   leat.results="no results"
	//   leat.positions="are kept by the source"
	//   leat.partitions=1
	// level=WARN msg="call skipped"
	//   leat.mill=watch
	//   leat.partition=0
	//   leat.error="locations[0]@0: function watch: no robot"
	// level=INFO msg="run ends"
	//   leat.mill=watch
	//   leat.calls=2
	//   leat.failed=1
	//   leat.results=0
	//   leat.Location.read=2
	//   leat.Location.matched=2
	//   leat.Location.unmatched=0
	//   leat.Location.skipped=0
	//   leat.Location.to_offset=2
}

func ExampleOnDecodeError() {
	streams := memory.New(memory.Stream[Location]("locations"))
	for _, value := range []string{`{"time":1}`, `{"time":`, `{"time":3}`} {
		if err := streams.AppendRecords("locations", 0, broker.Record{Value: []byte(value)}); err != nil {
			log.Fatal(err)
		}
	}
	if err := streams.End("locations"); err != nil {
		log.Fatal(err)
	}
	mill, err := leat.New(printLocation, leat.Broker(streams), leat.OnDecodeError(leat.Skip),
		leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 0
	// 3 0
}

// The calls run side by side, and the results keep the order of the masters.
func ExampleConcurrency() {
	slow := func(l Location) Speed {
		time.Sleep(time.Millisecond) // a request, for example
		return Speed{l.Time, l.X}
	}
	streams := robotBroker()
	mill, err := leat.New(slow, leat.Broker(streams), leat.Concurrency(8), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(memory.Elements[Speed](streams, "speeds", 0))
	// Output: [{0 1} {10 2} {20 5} {70 7}] <nil>
}

func ExampleOnError() {
	failed := false
	runMill(func(l Location) error {
		if l.Time == 10 && !failed {
			failed = true
			return errors.New("try again")
		}
		fmt.Println(l.Time)
		return nil
	}, leat.OnError(leat.Retry(3, time.Millisecond)))
	// Output:
	// 0
	// 10
	// 20
	// 70
}

// The third location comes late. It is dropped, counted and logged, and the run goes on.
func ExampleOnDisorder() {
	streams := memory.New(memory.Stream[Location]("locations"), memory.Stream[Door]("doors"))
	err := errors.Join(
		memory.Append(streams, "locations", 0, Location{10, 1}, Location{20, 2}, Location{15, 3}, Location{30, 4}),
		memory.Append(streams, "doors", 0, Door{0.010, "hall"}, Door{0.015, "porch"}, Door{0.030, "gate"}),
		streams.End("locations"),
		streams.End("doors"),
	)
	if err != nil {
		log.Fatal(err)
	}
	mill, err := leat.New(func(l Location, doors []Door) { fmt.Println(l.Time, doors) },
		leat.Broker(streams),
		leat.Join(locationTime, doorTime),
		leat.OnDisorder(leat.Skip),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 10 [{0.01 hall}]
	// 30 [{0.03 gate}]
}

// A call that fails is put aside, with its master and the error, and the run goes on.
func ExamplePolicy() {
	streams := robotBroker()
	mill, err := leat.New(
		func(l Location) (Speed, error) {
			if l.Time == 20 {
				return Speed{}, errors.New("the robot was lifted")
			}
			return Speed{l.Time, l.X}, nil
		},
		leat.Name("speed"),
		leat.Broker(streams),
		leat.OnError(leat.DeadLetter),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	letters, err := memory.Elements[leat.Letter](streams, "letters", 0)
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range letters {
		fmt.Println(l.Error)
		fmt.Println(string(l.Element))
	}
	// Output:
	// locations[0]@2: function speed: the robot was lifted
	// {"time":20,"x":5}
}

// A request is made up to four times in all, with pauses of 1, 2 and 4 seconds between.
func ExampleRetry() {
	upload := func(ctx context.Context, l Location) error { return ctx.Err() }
	mill, err := leat.New(upload, leat.Broker(robotBroker()), leat.OnError(leat.Retry(3, time.Second)))
	fmt.Println(mill != nil, err)
	// Output: true <nil>
}

func ExampleLetter() {
	streams := memory.New(memory.Stream[Location]("locations"), memory.Stream[leat.Letter]("letters"))
	if err := streams.AppendRecords("locations", 0, broker.Record{Value: []byte(`{"time":"noon"}`)}); err != nil {
		log.Fatal(err)
	}
	if err := streams.End("locations"); err != nil {
		log.Fatal(err)
	}
	mill, err := leat.New(printLocation, leat.Broker(streams), leat.OnDecodeError(leat.DeadLetter),
		leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	letters, err := memory.Elements[leat.Letter](streams, "letters", 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(letters[0].Stream, letters[0].Offset, string(letters[0].Element))
	// Output: locations 0 {"time":"noon"}
}

func ExampleMill_Plan() {
	speed := func(prev Location, next []NextLocation) Speed { return Speed{} }
	mill, err := leat.New(speed, leat.Broker(robotBroker()), leat.Name("speed"),
		expr.Join[Location, NextLocation]("time + 10", "time", leat.Unique()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(mill.Plan())
	// Output:
	// mill speed
	//
	// Location         locations
	// └─ NextLocation  locations  on time + 10 == time, unique
	//
	// retained        NextLocation: one element of one key
	// output          Speed to speeds
	// guarantee       exactly once
	// concurrency     one call at a time in each partition
	// on disorder     fail
	// on undecodable  fail
	// on error        fail
}

func ExamplePlan_Mermaid() {
	mill, err := leat.New(printSpeed, leat.Broker(robotBroker()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(mill.Plan().Mermaid())
	// Output:
	// flowchart TD
	//   n0["Speed<br/>speeds"]
	//   fn(["printSpeed"])
	//   n0 ==> fn
}

func ExamplePlan_DOT() {
	mill, err := leat.New(printSpeed, leat.Broker(robotBroker()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(mill.Plan().DOT())
	// Output:
	// digraph "printSpeed" {
	//   node [shape=box];
	//   n0 [label="Speed\nspeeds"];
	//   fn [label="printSpeed", shape=oval];
	//   n0 -> fn [style=bold];
	// }
}

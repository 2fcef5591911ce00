package memory_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/codec"
)

func ok(errs ...error) {
	if err := errors.Join(errs...); err != nil {
		log.Fatal(err)
	}
}

// run runs a mill of a function over streams.
func run(streams *memory.Broker, fn any, options ...leat.Option) error {
	mill, err := leat.New(fn, append(options, leat.Broker(streams), leat.Name("example"),
		leat.Logger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		return err
	}
	return mill.Run(context.Background())
}

// One stream is read as two types, and another is written.
func ExampleNew() {
	type NextLocation Location
	streams := memory.New(
		memory.Stream[Location]("locations"),
		memory.Stream[NextLocation]("locations"),
		memory.Stream[Speed]("speeds"),
	)
	ok(memory.Append(streams, "locations", 0, Location{Time: 0}, Location{Time: 10}), streams.End("locations"))
	ok(run(streams, func(l Location, next []NextLocation) Speed { return Speed{l.Time} },
		leat.Join(func(l Location) int64 { return l.Time + 10 }, func(n NextLocation) int64 { return n.Time })))
	fmt.Println(memory.Elements[Speed](streams, "speeds", 0))
	// Output: [{0}] <nil>
}

// A result goes to the partition of its master.
func ExamplePartitions() {
	streams := memory.New(
		memory.Stream[Location]("locations", memory.Partitions(2)),
		memory.Stream[Speed]("speeds", memory.Partitions(2)),
	)
	ok(
		memory.Append(streams, "locations", 0, Location{Time: 0}),
		memory.Append(streams, "locations", 1, Location{Time: 100}),
		streams.End("locations"),
		run(streams, func(l Location) Speed { return Speed{l.Time} }),
	)
	fmt.Println(memory.Elements[Speed](streams, "speeds", 0))
	fmt.Println(memory.Elements[Speed](streams, "speeds", 1))
	// Output:
	// [{0}] <nil>
	// [{100}] <nil>
}

// Two streams of one type are told apart by name; the join has the same name.
func ExampleNamed() {
	streams := memory.New(
		memory.Stream[Location]("robot-1"),
		memory.Stream[Location]("robot-2", memory.Named("other")),
	)
	ok(
		memory.Append(streams, "robot-1", 0, Location{Time: 1}, Location{Time: 2}),
		memory.Append(streams, "robot-2", 0, Location{Time: 2, X: 5}),
		streams.End("robot-1"), streams.End("robot-2"),
	)
	at := func(l Location) int64 { return l.Time }
	ok(run(streams, func(l Location, others []Location) { fmt.Println(l.Time, others) },
		leat.Join(at, at, leat.Named("other"))))
	// Output: 2 [{2 5}]
}

// Each result asks for a commit, so that a test sees them one by one.
func ExamplePace() {
	streams := memory.New(
		memory.Pace(broker.Pace{Results: 1}),
		memory.Stream[Location]("locations"),
		memory.Stream[Speed]("speeds"),
	)
	ok(memory.Append(streams, "locations", 0, Location{Time: 0}), streams.End("locations"),
		run(streams, func(l Location) Speed { return Speed{l.Time} }))
	fmt.Println(streams.Commits() > 0)
	// Output: true
}

// Batches of one record show whether a program minds where they end.
func ExampleBatch() {
	streams := memory.New(memory.Batch(1), memory.Stream[Location]("locations"))
	ok(memory.Append(streams, "locations", 0, Location{Time: 0}, Location{Time: 10}), streams.End("locations"),
		run(streams, func(l Location) { fmt.Println(l.Time) }))
	// Output:
	// 0
	// 10
}

// The stream has no end-of-stream mark. The session ends when nothing has come for a tenth of a second.
func ExampleDataTimeout() {
	streams := memory.New(memory.DataTimeout(100*time.Millisecond), memory.Stream[Location]("locations"))
	ok(memory.Append(streams, "locations", 0, Location{Time: 0}),
		run(streams, func(l Location) { fmt.Println(l.Time) }))
	// Output: 0
}

// An element that is larger than it may be can't be decoded.
func ExampleMaxElement() {
	streams := memory.New(memory.Stream[Location]("locations", memory.MaxElement(10)))
	ok(memory.Append(streams, "locations", 0, Location{Time: 0}), streams.End("locations"))
	what, remedy, _ := strings.Cut(run(streams, func(Location) {}).Error(), "; ")
	fmt.Println(what)
	fmt.Println(remedy)
	// Output:
	// locations[0]@0: element too large: it has more than the 10 bytes that the stream allows
	// raise that with the stream's option MaxElement
}

// A record without a value is an element whose fields are those of the record's key.
func ExampleTombstones() {
	streams := memory.New(memory.Stream[Location]("locations", memory.Tombstones()))
	ok(
		memory.Append(streams, "locations", 0, Location{Time: 1, X: 7}),
		streams.AppendRecords("locations", 0, broker.Record{Key: []byte(`{"time":2}`)}),
		streams.End("locations"),
		run(streams, func(l Location) { fmt.Println(l) }),
	)
	// Output:
	// {1 7}
	// {2 0}
}

// times is a codec for locations that are nothing but a time.
type times struct{ codec.Codec }

func (times) Decoder(reflect.Type) (codec.Decode, error) {
	return func(value []byte, into any) (err error) {
		into.(*Location).Time, err = strconv.ParseInt(string(value), 10, 64)
		return err
	}, nil
}

func ExampleCodec() {
	streams := memory.New(memory.Stream[Location]("locations", memory.Codec(times{codec.JSON})))
	ok(
		streams.AppendRecords("locations", 0, broker.Record{Value: []byte("42")}),
		streams.End("locations"),
		run(streams, func(l Location) { fmt.Println(l.Time) }),
	)
	// Output: 42
}

// Results get the key that the function makes of them.
func ExampleKey() {
	byTime := func(s Speed) []byte { return strconv.AppendInt(nil, s.From, 10) }
	streams := memory.New(memory.Stream[Location]("locations"), memory.Stream[Speed]("speeds", memory.Key(byTime)))
	ok(memory.Append(streams, "locations", 0, Location{Time: 7}), streams.End("locations"),
		run(streams, func(l Location) Speed { return Speed{l.Time} }))
	entries, err := streams.Entries("speeds", 0)
	ok(err)
	fmt.Println(string(entries[0].Record.Key))
	// Output: 7
}

// Offsets have holes, as those of a Kafka topic that was written in transactions.
func ExampleGaps() {
	streams := memory.New(memory.Stream[Location]("locations", memory.Gaps(1)))
	ok(memory.Append(streams, "locations", 0, Location{Time: 0}, Location{Time: 10}), streams.End("locations"),
		run(streams, func(l Location, r leat.Record) { fmt.Println(r.Offset) }))
	// Output:
	// 0
	// 2
}

// A run is killed when it reads the second element. The next one goes on there, and nothing is lost or doubled.
func ExampleBroker_CrashRead() {
	streams := memory.New(
		memory.Pace(broker.Pace{Results: 1}),
		memory.Stream[Location]("locations"),
		memory.Stream[Speed]("speeds"),
	)
	ok(
		memory.Append(streams, "locations", 0, Location{Time: 0}, Location{Time: 10}),
		streams.End("locations"),
		streams.CrashRead("locations", 0, 1, errors.New("power cut")),
	)
	copyTime := func(l Location) Speed { return Speed{l.Time} }
	fmt.Println(run(streams, copyTime) != nil, run(streams, copyTime))
	fmt.Println(memory.Elements[Speed](streams, "speeds", 0))
	// Output:
	// true <nil>
	// [{0} {10}] <nil>
}

// A commit that is aborted is tried again with the same contents.
func ExampleBroker_AbortCommit() {
	streams := memory.New(memory.Stream[Location]("locations"), memory.Stream[Speed]("speeds"))
	ok(memory.Append(streams, "locations", 0, Location{Time: 0}), streams.End("locations"))
	streams.AbortCommit(1)
	ok(run(streams, func(l Location) Speed { return Speed{l.Time} }))
	fmt.Println(memory.Elements[Speed](streams, "speeds", 0))
	fmt.Println(streams.FaultsLeft(), "faults left")
	// Output:
	// [{0}] <nil>
	// 0 faults left
}

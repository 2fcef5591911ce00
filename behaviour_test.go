package leat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/dig"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// linePattern is a line of this file in a message.
var linePattern = regexp.MustCompile(`behaviour_test\.go:\d+`)

// TestRecord has the master's position, key, headers and time.
func TestRecord(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio", memory.Partitions(2)))
	record := broker.Record{
		Offset:  7,
		Value:   []byte(`{"time":1}`),
		Key:     []byte("k"),
		Headers: []broker.Header{{Key: "h", Value: []byte("v")}},
		Time:    time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
	}
	must(t, b.AppendRecords("audio", 1, record))
	must(t, b.End("audio"))
	var got leat.Record
	run(t, func(_ Audio, r leat.Record) { got = r }, leat.Broker(b))
	check(t, got, leat.Record{Stream: "audio", Partition: 1, Offset: 7, Key: record.Key, Headers: record.Headers,
		Time: record.Time})
}

// TestInjection has values by their types, by an interface, and from a container; and the logger always.
func TestInjection(t *testing.T) {
	type config struct{ limit int }
	type both struct {
		dig.In
		Config config
		Text   *strings.Builder
	}
	container := dig.New()
	must(t, container.Provide(func() config { return config{5} }))
	must(t, container.Provide(func(c config) *strings.Builder {
		var text strings.Builder
		fmt.Fprint(&text, c.limit)
		return &text
	}))
	logger := slog.New(slog.DiscardHandler)
	var out bytes.Buffer
	fn := func(_ Audio, c config, w io.Writer, name string, objects both, log *slog.Logger) {
		fmt.Fprintf(w, "%d%s%s%d%t ", c.limit, name, objects.Text, objects.Config.limit, log == logger)
	}
	mill, err := leat.New(fn, leat.Broker(newBroker(t)), leat.Container(container), leat.Provide(&out, "x"),
		leat.Logger(logger))
	must(t, err)
	must(t, mill.Run(t.Context()))
	check(t, out.String(), strings.Repeat("5x55true ", 4))
}

// TestProvidedElements has values that could be elements.
func TestProvidedElements(t *testing.T) {
	calls := 0
	run(t, func(_ Audio, b Box, list []Video) error {
		calls++
		if b.Label != "mine" || len(list) != 2 {
			return fmt.Errorf("got %v, %v", b, list)
		}
		return nil
	}, leat.Broker(newBroker(t)), leat.Provide(Box{Label: "mine"}, make([]Video, 2)))
	check(t, calls, 4)
}

// TestContainerFails checks that the error wraps that of the constructor.
func TestContainerFails(t *testing.T) {
	container := dig.New()
	must(t, container.Provide(func() (*strings.Builder, error) { return nil, io.ErrUnexpectedEOF }))
	_, err := leat.New(func(Audio, *strings.Builder) {}, leat.Broker(newBroker(t)), leat.Container(container))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v wraps no ErrUnexpectedEOF", err)
	}
}

// TestDeadLetter writes what is undecodable, disordered or fails to the stream of letters (R7, R10).
func TestDeadLetter(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Text]("texts"), memory.Stream[leat.Letter]("letters"),
		memory.Stream[Video]("video"))
	must(t, b.AppendRecords("audio", 0,
		broker.Record{Value: []byte("{\"time\": \n 1}")},
		broker.Record{Value: []byte(`{"time":`)},
		broker.Record{Value: []byte(`{"time":0}`)},
		broker.Record{Value: []byte(`{"time":3}`)}))
	must(t, memory.Append(b, "video", 0, Video{1000, 1}, Video{3000, 2}))
	must(t, b.End("audio"))
	must(t, b.End("video"))
	fn := func(a Audio, _ []Video) (Text, error) {
		if a.Time == 3 {
			return Text{"not written"}, errors.New("too late")
		}
		return Text{fmt.Sprint(a.Time)}, nil
	}
	run(t, fn, leat.Broker(b), leat.Join(audioTime, videoTime), leat.Name("letters"),
		leat.OnDecodeError(leat.DeadLetter), leat.OnDisorder(leat.DeadLetter), leat.OnError(leat.DeadLetter))
	letters, err := memory.Elements[leat.Letter](b, "letters", 0)
	must(t, err)
	elements := []string{`"{\"time\":"`, `{"time":0}`, `{"time":3}`}
	reasons := []string{"audio[0]@1: ", "comes after", "too late"}
	check(t, len(letters), len(elements))
	for i, l := range letters {
		check(t, string(l.Element), elements[i])
		check(t, l.Stream, "audio")
		check(t, l.Offset, int64(i+1))
		if !strings.Contains(l.Error, reasons[i]) {
			t.Errorf("letter %d: error %q has no %q", i, l.Error, reasons[i])
		}
	}
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, texts(got), []string{"1"})
}

// TestSkip drops what fails (R7, R10).
func TestSkip(t *testing.T) {
	b := newBroker(t)
	run(t, func(a Audio) (Text, error) {
		if a.Time == 2 {
			panic("two")
		}
		return Text{fmt.Sprint(a.Time)}, nil
	}, leat.Broker(b), leat.OnError(leat.Skip))
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, texts(got), []string{"1", "4"})
}

// TestRetry calls again after pauses that double (R10).
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t)
		var pauses []time.Duration
		last := time.Now()
		run(t, func(a Audio) error {
			if a.Time == 4 && len(pauses) < 3 {
				pauses = append(pauses, time.Since(last))
				last = time.Now()
				return io.ErrUnexpectedEOF
			}
			return nil
		}, leat.Broker(b), leat.OnError(leat.Retry(3, time.Second)))
		check(t, pauses, []time.Duration{0, time.Second, 2 * time.Second})
	})
}

// TestKeyErrors checks that NaN and panics of key functions stop the run, with their place (R7).
func TestKeyErrors(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		join leat.Option
		want string
	}{
		"NaN": {leat.Join(func(Audio) float64 { return math.NaN() }, func(v Video) float64 { return 1 }),
			"audio[0]@0: join of Audio with Video: the left key can't be computed: it is NaN"},
		"panic": {leat.Join(func(a *Audio) int { panic(boom) }, videoTime),
			"audio[0]@0: join of Audio with Video: the left key can't be computed: " +
				"the function at behaviour_test.go:N panicked: boom"},
		"panic on the right": {leat.Join(audioTime, func(Video) int { panic("no error") }),
			"video[0]@0: join of Audio with Video: the right key can't be computed: " +
				"the function at behaviour_test.go:N panicked: no error"},
		"comparison": {leat.JoinFunc(func(Audio, Video) int { panic(boom) }),
			"video[0]@0: join of Audio with Video: the right key can't be computed: " +
				"the function at behaviour_test.go:N panicked: boom"},
	} {
		t.Run(name, func(t *testing.T) {
			mill, err := leat.New(misfit, leat.Broker(newBroker(t)), c.join, quiet())
			must(t, err)
			err = mill.Run(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			check(t, linePattern.ReplaceAllString(err.Error(), "behaviour_test.go:N"), c.want)
			var at *broker.PositionError
			check(t, errors.As(err, &at), true)
			if strings.HasSuffix(c.want, "boom") {
				check(t, errors.Is(err, boom), true)
			}
		})
	}
}

// TestWindowKeyNaN checks that a window key that is NaN stops the run (R7).
func TestWindowKeyNaN(t *testing.T) {
	mill, err := leat.New(func([]Audio) {}, leat.Broker(newBroker(t)),
		leat.Window(func(Audio) float64 { return math.NaN() }), quiet())
	must(t, err)
	err = mill.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("got %v", err)
	}
}

// TestConcurrency has several calls at a time with the results in order, each with its own arguments.
func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Stream[Count]("counts"), memory.Stream[Text]("texts"))
		var want []string
		for i := range 100 {
			must(t, memory.Append(b, "counts", 0, Count{i}))
			want = append(want, fmt.Sprint(i))
		}
		must(t, b.End("counts"))
		begin := time.Now()
		run(t, func(ctx context.Context, c *Count, r leat.Record) Text {
			time.Sleep(time.Duration(1+c.N%3) * time.Second)
			return Text{fmt.Sprint(r.Offset)}
		}, leat.Broker(b), leat.Concurrency(10))
		got, err := memory.Elements[Text](b, "texts", 0)
		must(t, err)
		check(t, texts(got), want)
		if passed := time.Since(begin); passed > 100*time.Second {
			t.Errorf("took %v", passed)
		}
	})
}

// TestWindowEvery hands over what arrived in each period of the clock, even if nothing follows (R4).
func TestWindowEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Stream[Count]("counts"))
		sizes := make(chan int, 10)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		mill, err := leat.New(func(list []Count) { sizes <- len(list) }, leat.Broker(b), leat.WindowEvery(20*time.Second),
			quiet())
		must(t, err)
		done := make(chan error)
		go func() { done <- mill.Run(ctx) }()
		synctest.Wait()
		must(t, memory.Append(b, "counts", 0, Count{1}, Count{2}))
		check(t, <-sizes, 2)
		must(t, memory.Append(b, "counts", 0, Count{3}))
		check(t, <-sizes, 1)
		cancel()
		check(t, errors.Is(<-done, context.Canceled), true)
	})
}

// TestRunTwice checks that a mill runs once at a time, and again for the next session (R5).
func TestRunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Stream[Count]("counts"))
		sum := 0
		mill, err := leat.New(func(c Count) { sum += c.N }, leat.Broker(b), leat.Name("sum"), quiet())
		must(t, err)
		done := make(chan error)
		go func() { done <- mill.Run(t.Context()) }()
		synctest.Wait()
		err = mill.Run(t.Context())
		if err == nil {
			t.Fatal("no error")
		}
		check(t, err.Error(), `leat: mill "sum" is running already; wait for that run, or make another mill with leat.New`)
		for i := range 2 {
			must(t, memory.Append(b, "counts", 0, Count{i + 1}))
			must(t, b.End("counts"))
			if i == 0 {
				must(t, <-done)
				continue
			}
			must(t, mill.Run(t.Context()))
		}
		check(t, sum, 3)
	})
}

// TestFunctionError checks what stops the run when the function fails, and that nothing beside the error is written
// (R10).
func TestFunctionError(t *testing.T) {
	b := newBroker(t)
	mill, err := leat.New(func(a Audio) (Text, error) { return Text{"no"}, io.ErrUnexpectedEOF }, leat.Broker(b),
		leat.Name("copy"), quiet())
	must(t, err)
	err = mill.Run(t.Context())
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	check(t, err.Error(), "audio[0]@0: function copy: unexpected EOF")
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, len(got), 0)
}

// TestFilter writes to the stream of the master's type that isn't read.
func TestFilter(t *testing.T) {
	b := newBroker(t, memory.Stream[Audio]("loud", memory.Named("loud")))
	run(t, func(a *Audio) *Audio {
		if a.Data < 2 {
			return nil
		}
		return a
	}, leat.Broker(b))
	got, err := memory.Elements[Audio](b, "loud", 0)
	must(t, err)
	check(t, got, []Audio{{2, 2.5}, {4, 3.5}})
}

// TestFromTo reads from one storage and writes to another.
func TestFromTo(t *testing.T) {
	to := memory.New(memory.Stream[Audio]("copy"))
	run(t, func(a Audio) Audio { return a }, leat.From(newBroker(t)), leat.To(to))
	got, err := memory.Elements[Audio](to, "copy", 0)
	must(t, err)
	check(t, len(got), 4)
}

// TestLogger checks group and attributes of what is logged.
func TestLogger(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	mill, err := leat.New(func(a Audio) error { return errors.New("no") }, leat.Broker(newBroker(t)), leat.Name("quiet"),
		leat.Logger(logger), leat.OnError(leat.Skip))
	must(t, err)
	must(t, mill.Run(t.Context()))
	for _, want := range []string{"leat.mill=quiet", "level=WARN", "leat.partition=0", `leat.results="no results"`,
		`leat.positions="are kept by the source"`} { // a broker isn't asked for a sink that has nothing to write
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in\n%s", want, log.String())
		}
	}
}

type method struct{}

func (*method) Copy(a Audio) {}

func generic[T any](T) {}

// TestNames checks how mills are called without a name.
func TestNames(t *testing.T) {
	for want, fn := range map[string]any{
		"misfitting":      misfitting,
		"method.Copy":     (&method{}).Copy,
		"generic":         generic[Audio],
		"TestNames.func1": func(Audio) {},
	} {
		mill, err := leat.New(fn, leat.Broker(newBroker(t)))
		must(t, err)
		text := mill.Plan().String()
		check(t, text[:strings.IndexByte(text, '\n')], "mill "+want)
	}
}

func misfitting(Audio) {}

// TestEmptySequences writes nothing for results that are nil.
func TestEmptySequences(t *testing.T) {
	for _, fn := range []any{
		func(Audio) []Text { return nil },
		func(Audio) iter.Seq[Text] { return nil },
		func(Audio) (iter.Seq2[*Text, error], error) { return nil, nil },
		func(Audio) iter.Seq2[Text, error] { return func(func(Text, error) bool) {} },
	} {
		b := newBroker(t)
		run(t, fn, leat.Broker(b))
		got, err := memory.Elements[Text](b, "texts", 0)
		must(t, err)
		check(t, len(got), 0)
	}
}

// TestSequenceError checks that a sequence's error is the function's: what came before it isn't written (R10).
func TestSequenceError(t *testing.T) {
	b := newBroker(t)
	fn := func(Audio) iter.Seq2[Text, error] {
		return func(yield func(Text, error) bool) {
			_ = yield(Text{"a"}, nil) && yield(Text{"b"}, io.ErrUnexpectedEOF)
		}
	}
	mill, err := leat.New(fn, leat.Broker(b), quiet())
	must(t, err)
	if err := mill.Run(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	got, err := memory.Elements[Text](b, "texts", 0)
	must(t, err)
	check(t, len(got), 0)
}

// unwritable is an element that can't be encoded.
type unwritable struct {
	C float64 `json:"c"`
}

// TestUnwritable checks that a sequence stops at an element that can't be encoded.
func TestUnwritable(t *testing.T) {
	b := newBroker(t, memory.Stream[unwritable]("unwritable"))
	for name, fn := range map[string]any{
		"one":  func(Audio) unwritable { return unwritable{math.NaN()} },
		"list": func(Audio) []*unwritable { return []*unwritable{{math.Inf(1)}} },
		"sequence": func(Audio) iter.Seq[unwritable] {
			return func(yield func(unwritable) bool) {
				if yield(unwritable{math.NaN()}) {
					panic("not stopped")
				}
			}
		},
		"sequence with errors": func(Audio) iter.Seq2[unwritable, error] {
			return func(yield func(unwritable, error) bool) {
				if yield(unwritable{math.NaN()}, leat.EndOfStream) {
					panic("not stopped")
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			mill, err := leat.New(fn, leat.Broker(b), quiet())
			must(t, err)
			err = mill.Run(t.Context())
			if err == nil || strings.Contains(err.Error(), "not stopped") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestZeroMill checks that a mill that nobody made says so.
func TestZeroMill(t *testing.T) {
	var mill leat.Mill
	err := mill.Run(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	check(t, err.Error(), "leat: this mill has no function; make mills with leat.New")
	check(t, mill.Plan().String(), "")
}

// Where nothing joins, the log says so, and what to look at.
func TestNothingJoined(t *testing.T) {
	var log bytes.Buffer
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"))
	must(t, memory.Append(b, "audio", 0, Audio{Time: 1}))
	must(t, memory.Append(b, "video", 0, Video{Time: 1000}))
	must(t, b.End("audio"))
	must(t, b.End("video"))
	mill, err := leat.New(func(Audio, []Video) {}, leat.Broker(b), leat.Logger(slog.New(slog.NewTextHandler(&log, nil))),
		leat.Join(func(a Audio) int { return a.Time }, func(v Video) int { return v.Time }))
	must(t, err)
	must(t, mill.Run(t.Context()))
	for _, want := range []string{
		"nothing joined: no element of the master has a match in every stream",
		"read=1", "behind=1", "Video.key=1000", "Video.compared_with=1",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log doesn't say %q:\n%s", want, &log)
		}
	}
}

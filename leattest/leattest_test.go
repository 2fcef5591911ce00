package leattest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/leattest"
)

// locationStreams are those of the example's mill.
func locationStreams(locations ...Location) []leattest.Option {
	return []leattest.Option{
		leattest.Stream(locations, leattest.ReadAs[NextLocation]()),
		leattest.Result[Speed](),
	}
}

var (
	steps = []Location{{0, 0, 0}, {10, 3, 4}, {20, 3, 14}, {30, 3, 14}}
	way   = []Speed{{0, 10, 5}, {10, 20, 10}, {20, 30, 0}}
)

func check[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Each session resumes behind the last, in the order in which they were fed (R5).
func TestSessions(t *testing.T) {
	b := leattest.New(t, locationStreams(steps[:2]...)...)
	b.Run(newMill)
	check(t, leattest.Results[Speed](b), way[:1])
	leattest.Feed(b, steps[2:])
	b.Run(newMill)
	leattest.Feed(b, []Location{})
	b.Run(newMill)
	leattest.Feed(b, steps[:2])
	b.Run(newMill)
	check(t, leattest.Sessions[Speed](b), [][]Speed{way[:1], way[2:], nil, way[:1]})
	expectFailure(t, func(t testing.TB) {
		b := leattest.New(t, locationStreams(steps...)...)
		b.Run(newMill)
		b.Run(newMill)
	}, `mill "speed" has been run to the end of all that was fed`, "leattest.Feed")
}

// One mill's results are another one's elements.
func TestChain(t *testing.T) {
	newAlarm := func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(s Speed) *Visit {
			if s.Speed < 8 {
				return nil
			}
			return &Visit{"too fast"}
		}, storage, leat.Name("alarm"))
	}
	b := leattest.New(t, append(locationStreams(steps...), leattest.Result[Visit]())...)
	for _, newMill := range []leattest.NewMill{newMill, newAlarm} {
		b.Run(newMill)
	}
	leattest.Feed(b, []Location{{50, 0, 0}, {60, 9, 0}})
	for _, newMill := range []leattest.NewMill{newMill, newAlarm} {
		b.Run(newMill)
	}
	check(t, leattest.Sessions[Visit](b), [][]Visit{{{"too fast"}}, {{"too fast"}}})
}

func TestPartitions(t *testing.T) {
	b := leattest.New(t,
		leattest.Stream(steps[:2], leattest.ReadAs[NextLocation]()),
		leattest.Stream(steps[1:], leattest.Partition(2)),
		leattest.Result[Speed](),
	)
	leattest.Feed(b, steps, leattest.Partition(1))
	b.Run(newMill)
	check(t, leattest.Results[Speed](b, leattest.Partition(0)), way[:1])
	check(t, leattest.Results[Speed](b, leattest.Partition(1)), way)
	check(t, leattest.Results[Speed](b, leattest.Partition(2)), way[1:])
	check(t, leattest.Results[Speed](b), slices.Concat(way[:1], way, way[1:]))
}

func TestNamed(t *testing.T) {
	byTime := func(l Location) int64 { return l.Time }
	later := leattest.Named("later")
	b := leattest.New(t,
		leattest.Stream(steps),
		leattest.Stream([]Location{{10, 0, 0}}, later),
		leattest.Result[Location](leattest.Named("both"), leattest.StreamName("meetings")),
	)
	leattest.Feed(b, []Location{{30, 0, 0}}, later)
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(l Location, _ []Location) Location { return l }, storage, leat.Name("named"),
			leat.Join(byTime, byTime, leat.Named("later")))
	})
	check(t, leattest.Results[Location](b, leattest.Named("both")), []Location{steps[1], steps[3]})
}

// Elements go through the codec: here one that doesn't know the tags of JSON.
func TestCodec(t *testing.T) {
	type Tagged struct {
		Speed float64 `json:"v" avro:"speed"`
	}
	type Read struct {
		Speed float64 `json:"speed" avro:"speed"`
	}
	for name, test := range map[string]struct {
		codec codec.Codec
		want  []Read
	}{
		"JSON": {codec.JSON, []Read{{0}}},
		"Avro": {avro.Codec(), []Read{{5}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := leattest.New(t,
				leattest.Stream([]Tagged{{5}}, leattest.ReadAs[Read](), leattest.Codec(test.codec), leattest.StreamName("speeds")),
				leattest.Result[Read](leattest.Named("out"), leattest.Codec(test.codec)),
			)
			b.Run(func(storage leat.Option) (*leat.Mill, error) {
				return leat.New(func(r Read, at leat.Record) Read {
					check(t, at.Stream, "speeds")
					return r
				}, storage, leat.Name("codec"))
			})
			check(t, leattest.Results[Read](b, leattest.Named("out")), test.want)
		})
	}
}

// What can't be decoded goes by the mill's policy (R10).
func TestUndecodable(t *testing.T) {
	newMill := func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(p Parcel) Parcel { return p }, storage, leat.Name("letters"),
			leat.OnDecodeError(leat.DeadLetter))
	}
	b := leattest.New(t,
		leattest.Stream([]Parcel{{Number: 1}}),
		leattest.Result[Parcel](leattest.Named("out")),
		leattest.Result[leat.Letter](),
	)
	leattest.FeedRecords[Parcel](b, []broker.Record{{Value: []byte("{broken")}, {Value: []byte(`{"number":2}`)}})
	b.Run(newMill)
	check(t, leattest.Results[Parcel](b, leattest.Named("out")), []Parcel{{Number: 1}, {Number: 2}})
	letters := leattest.Results[leat.Letter](b)
	if len(letters) != 1 || letters[0].Offset != 1 {
		t.Errorf("got the letters %v, want one about offset 1", letters)
	}
}

// A mill may read and write through two options, and fail.
func TestTryGoesOnWhereItStopped(t *testing.T) {
	b := leattest.New(t, locationStreams(steps...)...)
	leattest.FailRead[Location](b, 2, io.ErrUnexpectedEOF)
	newMill := func(leat.Option) (*leat.Mill, error) {
		return leat.New(speed, leat.From(b), leat.To(b), leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(r NextLocation) int64 { return r.Time },
		))
	}
	if err := b.Try(newMill); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got the error %v", err)
	}
	b.Run(newMill)
	check(t, leattest.Results[Speed](b), way)
}

// Aborts and crashes leave each result once (R8), and Run fails where one doesn't come.
func TestFaults(t *testing.T) {
	for name, plan := range map[string]func(b *leattest.Broker){
		"abort":  func(b *leattest.Broker) { b.AbortCommit(1) },
		"before": func(b *leattest.Broker) { b.CrashBeforeCommit(1) },
		"after":  func(b *leattest.Broker) { b.CrashAfterCommit(2) },
	} {
		t.Run(name, func(t *testing.T) {
			b := leattest.New(t, locationStreams(steps...)...)
			plan(b)
			b.Run(newMill)
			check(t, leattest.Sessions[Speed](b), [][]Speed{way})
		})
	}
	expectFailure(t, func(t testing.TB) {
		b := leattest.New(t, locationStreams(steps...)...)
		b.CrashBeforeCommit(1)
		b.AbortCommit(100)
		b.Run(newMill)
	}, "before 1 of the faults", "commits")
}

// A call is a commit, however fast the next one comes.
func TestCommits(t *testing.T) {
	for n := 1; n <= 4; n++ {
		b := leattest.New(t, locationStreams(steps...)...)
		b.AbortCommit(n) // the last one is the session's end
		b.CrashAfterCommit(n + 1)
		b.Run(newMill)
		check(t, leattest.Results[Speed](b), way)
		if n == 4 {
			continue
		}
		b = leattest.New(t, locationStreams(steps...)...)
		b.CrashAfterCommit(n)
		calls := 0
		b.Run(func(storage leat.Option) (*leat.Mill, error) {
			if calls > 0 {
				check(t, leattest.Results[Speed](b), way[:n])
			}
			calls++
			return newMill(storage)
		})
		check(t, calls, 2)
	}
}

func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := leattest.New(t, locationStreams()...)
		b.Live(newMill, func() {
			leattest.Feed(b, steps[:2])
			leattest.Expect[Speed](b, nil) // whether there is another location at 10 isn't known yet
			leattest.Feed(b, steps[2:3])
			leattest.Expect(b, way[:1])
			b.CrashAfterCommit(1)
			b.Revoke(0)
			leattest.Feed(b, steps[3:])
			leattest.Expect[Speed](b, nil)
			b.Restore(0)
			leattest.Expect(b, way[1:2])
		})
		leattest.Expect(b, way[2:])
		b.Live(newMill, func() { leattest.Feed(b, steps[:2]) })
		check(t, leattest.Sessions[Speed](b), [][]Speed{way, way[:1]})
	})
}

// A test that ends amid the steps waits for the mill, and says what both have failed with.
func TestLiveFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := Location{Time: 5} // is before the last
		got := failures(t, func(t testing.TB) {
			b := leattest.New(t, locationStreams(steps...)...)
			b.Live(newMill, func() {
				leattest.Feed(b, []Location{broken})
				synctest.Wait()
				t.Fatalf("enough")
			})
		})
		if len(got) != 2 || got[0] != "enough" || !bytes.Contains([]byte(got[1]), []byte("leattest_test.Location[0]@4")) {
			t.Errorf("got the failures %q", got)
		}
		expectFailure(t, func(t testing.TB) {
			b := leattest.New(t, locationStreams(steps...)...)
			b.Live(newMill, func() { t.Fatalf("enough") })
		}, "enough")
		got = failures(t, func(t testing.TB) {
			b := leattest.New(t, locationStreams(steps...)...)
			b.Live(func(leat.Option) (*leat.Mill, error) { t.Fatalf("no mill"); return nil, nil }, func() {})
		})
		if len(got) != 2 || got[0] != "no mill" {
			t.Errorf("got the failures %q", got)
		}
	})
}

func TestTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := func(storage leat.Option) (*leat.Mill, error) {
			return leat.New(func(ctx context.Context, _ Visit) error { <-ctx.Done(); return ctx.Err() }, storage,
				leat.Name("wait"))
		}
		options := []leattest.Option{leattest.Stream([]Visit{{"x"}}), leattest.TimeLimit(time.Minute)}
		for _, run := range []func(b *leattest.Broker){
			func(b *leattest.Broker) { b.Run(wait) },
			func(b *leattest.Broker) { b.Live(wait, func() { time.Sleep(time.Hour) }) },
		} {
			start := time.Now()
			expectFailure(t, func(t testing.TB) { run(leattest.New(t, options...)) }, "not ended after 1m0s",
				"leattest.TimeLimit")
			if took := time.Since(start) % time.Hour; took < time.Minute || took > 2*time.Minute {
				t.Errorf("the run took %v", took)
			}
		}
	})
}

// What Crashes and Resumes find: functions that keep something in the process, and those that aren't repeatable.
func TestResumesFindsWhatIsLost(t *testing.T) {
	counter := 0
	for want, newMill := range map[string]leattest.NewMill{
		`has {"Order":2,"Cents":20} at offset 1 instead of {"Order":2,"Cents":30}`: func(
			storage leat.Option,
		) (*leat.Mill, error) {
			sum := 0
			return leat.New(func(p Payment) Due {
				sum += p.Cents
				return Due{p.Order, sum}
			}, storage, leat.Name("sum"))
		},
		`has {"Order":4,"Cents":0} at offset 0 instead of {"Order":1,"Cents":0}`: func(
			storage leat.Option,
		) (*leat.Mill, error) {
			return leat.New(func(Payment) Due {
				counter++
				return Due{counter, 0}
			}, storage, leat.Name("numbers"))
		},
	} {
		t.Run(want, func(t *testing.T) {
			expectFailure(t, func(t testing.TB) {
				leattest.Resumes(t, newMill, leattest.Stream([]Payment{{1, 10}, {2, 20}, {3, 30}}), leattest.Result[Due]())
			}, "failed read of leattest_test.Payment[0]@", "partition 0, "+want)
		})
	}
	expectFailure(t, func(t testing.TB) { leattest.Resumes(t, newMill, locationStreams()...) }, "writes nothing")
}

// Killed at each record and at each commit, a mill makes each call at least once, and repeats some.
func TestCrashesAreEverywhere(t *testing.T) {
	parcels := []Parcel{{1, 1}, {2, 2}, {3, 3}}
	repeated := map[int]bool{}
	var planned []string
	for b := range leattest.Crashes(t, leattest.Stream(parcels)) {
		calls := map[int]int{}
		b.Run(func(storage leat.Option) (*leat.Mill, error) {
			return leat.New(func(p Parcel) { calls[p.Number]++ }, storage, leat.Name("calls"))
		})
		all := 0
		for _, n := range calls {
			all += n
		}
		if len(calls) != len(parcels) {
			t.Errorf("%v: got the calls %v", b, calls)
		}
		repeated[all-len(parcels)] = true
		planned = append(planned, b.String())
	}
	for n := range parcels {
		if !repeated[n] {
			t.Errorf("there was never a crash that had %d calls repeated; planned were %q", n, planned)
		}
	}
	if last := planned[len(planned)-1]; last != "crash at every commit" {
		t.Errorf("the last is planned with %s", last)
	}
}

// A mill logs to the test, unless it has a logger of its own.
func TestLog(t *testing.T) {
	var tests, own bytes.Buffer
	b := leattest.New(&recorder{TB: t, log: &tests}, leattest.Stream([]Visit{{"x"}}))
	logging := func(log *slog.Logger, _ Visit) { log.Info("looked at") }
	b.Run(func(storage leat.Option) (*leat.Mill, error) { return leat.New(logging, storage, leat.Name("log")) })
	if got := tests.String(); !strings.Contains(got, `level=INFO msg="looked at"`) {
		t.Errorf("the test's log has %q", got)
	}
	tests.Reset()
	leattest.Feed(b, []Visit{{"y"}})
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(logging, storage, leat.Name("log"), leat.Logger(slog.New(slog.NewTextHandler(&own, nil))))
	})
	if tests.Len() > 0 || !strings.Contains(own.String(), "looked at") {
		t.Errorf("the test's log has %q, the mill's own %q", tests.String(), own.String())
	}
}

func TestMistakes(t *testing.T) {
	for want, test := range map[string]func(t testing.TB){
		"declare the stream for leattest_test.Location instead of **leattest_test.Location": func(t testing.TB) {
			leattest.New(t, leattest.Stream[**Location](nil))
		},
		"element 1 is a nil pointer": func(t testing.TB) { leattest.New(t, leattest.Stream([]*Location{{}, nil})) },
		"two streams of leattest_test.Location; tell them apart": func(t testing.TB) {
			leattest.New(t, leattest.Stream(steps), leattest.Stream([]*Location{}))
		},
		`leattest_test.Speed are both called "x"`: func(t testing.TB) {
			leattest.New(t, leattest.Stream(steps, leattest.StreamName("x")), leattest.Result[Speed](leattest.StreamName("x")))
		},
		"Partition(-1)": func(t testing.TB) {
			leattest.New(t,
				leattest.Stream(steps, leattest.Partition(-1)))
		},
		"option 1 is nil; leave it out": func(t testing.TB) { leattest.New(t, nil) },
		"option 1 of a stream of leattest_test.Location is nil": func(t testing.TB) {
			leattest.New(t, leattest.Stream[Location](nil, nil))
		},
		"the codec of the stream of leattest_test.Location is nil": func(t testing.TB) {
			leattest.New(t, leattest.Stream[Location](nil, leattest.Codec(nil)))
		},
		"TimeLimit(0s)": func(t testing.TB) { leattest.New(t, leattest.TimeLimit(0)) },
		"no stream that mills write of leattest_test.Location; declared by leattest.Result are [leattest_test.Speed]": func(
			t testing.TB,
		) {
			leattest.Results[Location](leattest.New(t, locationStreams()...))
		},
		"no stream that the test feeds of leattest_test.NextLocation; " +
			"declared by leattest.Stream are [leattest_test.Location]": func(t testing.TB) {
			leattest.Feed(leattest.New(t, locationStreams()...), []NextLocation{})
		},
		"has no partition -1": func(t testing.TB) {
			leattest.Feed(leattest.New(t, locationStreams()...), []Location{{}}, leattest.Partition(-1))
		},
		"has no partition 1": func(t testing.TB) {
			leattest.Results[Speed](leattest.New(t, locationStreams()...), leattest.Partition(1))
		},
		"has no JSON form": func(t testing.TB) {
			leattest.New(t, leattest.Stream([]struct{ F func() }{{}}))
		},
		"returned none": func(t testing.TB) {
			leattest.New(t).Run(func(leat.Option) (*leat.Mill, error) { return nil, nil })
		},
		"leat.New": func(t testing.TB) { leattest.New(t).Run(newMill) },
		"file does not exist": func(t testing.TB) {
			leattest.Load[Location](t, filepath.Join("testdata", "missing.json"))
		},
		"bad.jsonl:2:": func(t testing.TB) {
			path := filepath.Join(t.TempDir(), "bad.jsonl")
			if err := os.WriteFile(path, []byte("{\"time\":1}\n{\"time\":\"x\"}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			leattest.Load[Location](t, path)
		},
	} {
		t.Run(want, func(t *testing.T) { expectFailure(t, test, want) })
	}
}

// Two processes of one mill share the partitions; when one crashes, the other goes on with its.
func TestTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := leattest.New(t, append(locationStreams(steps[:2]...), leattest.Stream(steps, leattest.Partition(1)))...)
		b.Live(newMill, func() {
			synctest.Wait()
			b.Live(newMill, func() {
				b.CrashAfterCommit(1)
				leattest.Feed(b, steps[2:])
				synctest.Wait()
			})
		})
		for p := range leattest.Partition(2) {
			check(t, leattest.Sessions[Speed](b, p), [][]Speed{way})
		}
	})
}

// Mills of every form resume: typed and with calls side by side, and with windows.
func TestFormsResume(t *testing.T) {
	type input struct {
		Location
		Next []Location
	}
	next := func(l Location) int64 { return l.Time + 10 }
	for name, newMill := range map[string]leattest.NewMill{
		"typed": func(storage leat.Option) (*leat.Mill, error) {
			return leat.New(leat.Typed(func(_ context.Context, in *input) (Speed, error) {
				return speed(in.Location, []NextLocation{NextLocation(in.Next[0])}), nil
			}), storage, leat.Name("typed"), leat.Concurrency(3),
				leat.Join(next, func(l Location) int64 { return l.Time }))
		},
		"windows": func(storage leat.Option) (*leat.Mill, error) {
			return leat.New(func(window []Location, matches map[Location][]NextLocation) []Speed {
				var speeds []Speed
				for _, l := range window {
					speeds = append(speeds, speed(l, matches[l]))
				}
				return speeds
			}, storage, leat.Name("windows"), leat.Window(func(l Location) int64 { return l.Time / 20 }),
				leat.Join(next, func(n NextLocation) int64 { return n.Time }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			leattest.Resumes(t, newMill, locationStreams(steps...)...)
			b := leattest.New(t, locationStreams(steps...)...)
			b.Run(newMill)
			check(t, leattest.Results[Speed](b), way)
		})
	}
}

package kafka_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

// The elements of a mill over ticks, which come out of order, and calm ones, which don't. N numbers those of a partition as
// they come, so that it is the offset.
type (
	lateTick struct{ At, N int }
	calm     struct{ At int }
	lateFill struct{ Text string }
)

const (
	lateness       = 5
	latePartitions = 3
	lateReach      = 2
	lateChunk      = 40
	lateRounds     = 6
	lateTickEvery  = 10 // one in so many comes later than it may
)

// A lateWorld is what the topics hold, by partition.
type lateWorld struct {
	*cluster
	isMaster bool // the ticks are; else the calm ones
	random   *rand.Rand
	// clock is the key that the partitions have come to.
	clock [latePartitions]int
	ticks [latePartitions][]lateTick
	calms [latePartitions][]calm
}

// fill appends ticks and calm ones to each partition.
func (w *lateWorld) fill() {
	w.Helper()
	for p := range w.clock {
		var ticks, calms []string
		for range lateChunk {
			w.clock[p] += w.random.IntN(3)
			back := w.random.IntN(lateness)
			if w.random.IntN(lateTickEvery) == 0 {
				back += 3 * lateness
			}
			tick := lateTick{max(0, w.clock[p]-back), len(w.ticks[p])}
			w.ticks[p] = append(w.ticks[p], tick)
			ticks = append(ticks, fmt.Sprintf(`{"At":%d,"N":%d}`, tick.At, tick.N))
			w.calms[p] = append(w.calms[p], calm{w.clock[p]})
			calms = append(calms, fmt.Sprintf(`{"At":%d}`, w.clock[p]))
		}
		w.produce(w.prefix+"ticks", p, ticks...)
		w.produce(w.prefix+"calms", p, calms...)
	}
}

// end puts marks behind both.
func (w *lateWorld) end() {
	for p := range latePartitions {
		w.produce(w.prefix+"ticks", p, mark)
		w.produce(w.prefix+"calms", p, mark)
	}
}

// sorted is R12, word by word: the ticks that take part, in order, and those that are late.
func (w *lateWorld) sorted(p int) (taken, late []lateTick) {
	highest, released := -1, -1
	for i, tick := range w.ticks[p] {
		if tick.At < released {
			late = append(late, tick)
			continue
		}
		taken = append(taken, tick)
		highest = max(highest, tick.At)
		for _, before := range w.ticks[p][:i+1] {
			if before.At+lateness <= highest && before.At > released {
				released = before.At
			}
		}
	}
	sort.SliceStable(taken, func(i, j int) bool { return taken[i].At < taken[j].At })
	return taken, late
}

// want returns what must come out of a partition, by nested loops.
func (w *lateWorld) want(p int) (all []string) {
	taken, _ := w.sorted(p)
	if w.isMaster {
		for _, tick := range taken {
			var found []calm
			for _, c := range w.calms[p] {
				if d := c.At - tick.At; -lateReach <= d && d <= 0 {
					found = append(found, c)
				}
			}
			all = append(all, calmTicks(tick, found).Text)
		}
		return all
	}
	for _, c := range w.calms[p] {
		var found []lateTick
		for _, tick := range taken {
			if d := tick.At - c.At; -lateReach <= d && d <= 0 {
				found = append(found, tick)
			}
		}
		all = append(all, tickCalms(c, found).Text)
	}
	return all
}

func calmTicks(tick lateTick, calms []calm) lateFill { return lateFill{fmt.Sprint(tick, calms)} }

func tickCalms(c calm, ticks []lateTick) lateFill { return lateFill{fmt.Sprint(c, ticks)} }

// start makes an instance with a policy.
func (w *lateWorld) start(name string, policy leat.Policy) *instance {
	w.Helper()
	in := &instance{wire: &wire{}}
	b := kafka.New(w.addresses,
		kafka.Topic[lateTick](w.prefix+"ticks"), kafka.Topic[calm](w.prefix+"calms"),
		kafka.Topic[lateFill](w.prefix+"fills"), kafka.Topic[leat.Letter](w.prefix+"letters"),
		kafka.Group(w.prefix+"late"), kafka.Instance(name),
		kafka.Options(kgo.HeartbeatInterval(30*time.Millisecond), kgo.Dialer(in.wire.dial)))
	tickAt, calmAt := func(t lateTick) int { return t.At }, func(c calm) int { return c.At }
	var fn any = tickCalms
	join := leat.Join(calmAt, tickAt, leat.Within(lateReach, 0), leat.Optional())
	if w.isMaster {
		fn, join = calmTicks, leat.Join(tickAt, calmAt, leat.Within(lateReach, 0), leat.Optional())
	}
	mill, err := leat.New(fn, join, leat.Broker(b), leat.Sort(tickAt, lateness), leat.OnDisorder(policy),
		leat.CommitEvery(5*time.Millisecond, 0), leat.Logger(logger()))
	must(w, err)
	in.mill = mill
	return in
}

// checkError says whether a run has stopped for one of the elements that are the first late ones in their partitions.
func (w *lateWorld) checkError(err error) {
	w.Helper()
	var located *broker.PositionError
	if !errors.As(err, &located) {
		w.Fatalf("the error is %v, without a position", err)
	}
	at := located.Position
	_, late := w.sorted(at.Partition)
	if at.Stream != w.prefix+"ticks" || at.Offset != int64(late[0].N) {
		w.Errorf("the position is of %s[%d]@%d, want ticks[%d]@%d", at.Stream, at.Partition, at.Offset, at.Partition, late[0].N)
	}
	for _, want := range []string{fmt.Sprint(at.Stream, "[", at.Partition, "]@", at.Offset), fmt.Sprint(late[0].At)} {
		if !strings.Contains(err.Error(), want) {
			w.Errorf("the error is %v, want %s in it", err, want)
		}
	}
}

// check compares what a read_committed reader sees with what must be there.
func (w *lateWorld) check(hasLetters bool) {
	w.Helper()
	put := map[string]int{}
	want := map[string]int{}
	for p := range latePartitions {
		var got []string
		for _, r := range w.committed(w.prefix+"fills", p) {
			var fill lateFill
			if string(r.Value) != mark {
				must(w, json.Unmarshal(r.Value, &fill))
				got = append(got, fill.Text)
			}
		}
		if want := w.want(p); !slices.Equal(got, want) {
			w.Errorf("partition %d: %s", p, firstDifference(got, want))
		}
		if !hasLetters {
			continue
		}
		for _, r := range w.committed(w.prefix+"letters", p) {
			var letter leat.Letter
			if string(r.Value) != mark {
				must(w, json.Unmarshal(r.Value, &letter))
				put[fmt.Sprint(letter.Stream, letter.Partition, letter.Offset, string(letter.Element))]++
			}
		}
		_, late := w.sorted(p)
		for _, tick := range late {
			want[fmt.Sprint(w.prefix+"ticks", p, int64(tick.N), fmt.Sprintf(`{"At":%d,"N":%d}`, tick.At, tick.N))]++
		}
	}
	for about, n := range want {
		if put[about] != n {
			w.Errorf("%s is put aside %d times, not %d", about, put[about], n)
		}
	}
	if len(put) != len(want) {
		w.Errorf("%d are put aside, want %d", len(put), len(want))
	}
}

// R7, R8, R12: what comes later than the lateness goes by the policy, in every partition, whether the stream is the master's
// or below: a run stops with the topic, partition and offset, and goes on from there with another policy; and however often
// it is killed or stopped, each late element is put aside once, and what is in time is joined as if it had come in order.
func TestLateElementsOnKafka(t *testing.T) {
	for _, isMaster := range []bool{true, false} {
		for _, policy := range []leat.Policy{leat.Fail, leat.Skip, leat.DeadLetter} {
			t.Run(fmt.Sprintf("master %v, %v", isMaster, policy), func(t *testing.T) {
				t.Parallel()
				w := &lateWorld{cluster: newCluster(t), isMaster: isMaster, random: rand.New(rand.NewPCG(11, 0))}
				w.create(w.prefix+"ticks", latePartitions)
				w.create(w.prefix+"calms", latePartitions)
				w.tryLate(policy)
			})
		}
	}
}

// tryLate runs a mill with a policy while its streams grow.
func (w *lateWorld) tryLate(policy leat.Policy) {
	ctx, cancel := context.WithTimeout(w.Context(), hung)
	defer cancel()
	w.fill()
	if policy == leat.Fail {
		for range 2 { // it stops there again
			w.checkError(w.start("i", policy).mill.Run(ctx))
		}
		policy = leat.DeadLetter
	}
	kill, done := make(chan bool), make(chan error, 1)
	go func() {
		start := func(name string) *instance { return w.start(name, policy) }
		done <- runAgain(ctx, start, "i", kill)
	}()
	for round := range lateRounds {
		w.fill()
		time.Sleep(time.Duration(w.random.IntN(150)) * time.Millisecond)
		select {
		case kill <- round%2 == 0:
		case err := <-done:
			w.Fatalf("the run ends: %v", err)
		}
	}
	w.end()
	if err := <-done; err != nil {
		w.Fatal(err)
	}
	w.check(policy == leat.DeadLetter)
}

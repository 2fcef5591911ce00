package leat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// R13: an order goes out with the last tick that has come, where the ticks have had nothing for a while.
func ExampleIdle() {
	b := memory.New(memory.Stream[order]("orders"), memory.Stream[tick]("ticks"))
	done := make(chan struct{})
	mill, err := leat.New(func(o order, t tick) {
		fmt.Println(o.Time, t.Price)
		close(done)
	},
		leat.Broker(b),
		leat.AsOf(orderTime, tickTime),
		leat.Idle[tick](10*time.Millisecond),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = memory.Append(b, "ticks", 0, tick{Time: 1, Price: 10})
	_ = memory.Append(b, "orders", 0, order{Time: 3}) // no tick above 3 has come, so that one at 2 might still
	ctx, stop := context.WithCancel(context.Background())
	go func() { <-done; stop() }()
	fmt.Println(mill.Run(ctx))
	// Output:
	// 3 10
	// context canceled
}

func TestIdleOptions(t *testing.T) {
	const ten = 10 * time.Second
	compare := leat.JoinFunc(func(o order, t tick) int { return o.Time - t.Time })
	join := leat.Join(orderTime, tickTime)
	for _, test := range []struct {
		name    string
		options []leat.Option
		want    string // of the plan, or the error
	}{
		{"idle", []leat.Option{join, leat.Idle[tick](ten)}, "ticks, idle after 10s"},
		{"a pointer", []leat.Option{join, leat.Idle[*tick](ten)}, "ticks, idle after 10s"},
		{"by name", []leat.Option{leat.Join(orderTime, tickTime, leat.Named("t")), leat.Idle[tick](time.Hour),
			leat.Idle[tick](ten, leat.Named("t"))}, "idle after 10s"},
		{"zero", []leat.Option{join, leat.Idle[tick](0)}, "0s is no time to wait"},
		{"negative", []leat.Option{join, leat.Idle[tick](-ten)}, "-10s is no time to wait"},
		{"the master", []leat.Option{join, leat.Idle[order](ten)}, "the master can't be idle"},
		{"another type", []leat.Option{join, leat.Idle[Fill](ten)}, "no node is leat_test.Fill"},
		{"another name", []leat.Option{join, leat.Idle[tick](ten, leat.Named("x"))}, "no node is leat_test.tick named \"x\""},
		{"twice", []leat.Option{join, leat.Idle[tick](ten), leat.Idle[*tick](ten)}, "says already when the stream is idle"},
		{"a comparison", []leat.Option{compare, leat.Idle[tick](ten)}, "give the keys by leat.Join"},
		{"no upper bound", []leat.Option{leat.Join(orderTime, tickTime, leat.Within(0, leat.Any), leat.First()),
			leat.Idle[tick](ten)}, "give one by leat.Within"},
		{"sorted as a whole", []leat.Option{join, leat.Sort(tickTime, leat.Any), leat.Idle[tick](ten)},
			"sort it with a lateness"},
	} {
		fn := any(func(order, []tick) {})
		if test.name == "no upper bound" {
			fn = func(order, tick) {}
		}
		name := []memory.StreamOption{}
		if test.name == "by name" {
			name = append(name, memory.Named("t"))
		}
		b := memory.New(memory.Stream[order]("orders"), memory.Stream[tick]("ticks", name...))
		got := ""
		if mill, err := leat.New(fn, append(test.options, leat.Broker(b))...); err != nil {
			got = err.Error()
			if !strings.Contains(got, "idle_test.go:") {
				t.Errorf("%s: the mistake isn't located: %v", test.name, err)
			}
		} else {
			got = mill.Plan().String()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

package leat_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/leattest"
)

type tick struct {
	Time  int     `json:"time"`
	Price float64 `json:"price"`
}

type order struct {
	Time int `json:"time"`
}

func tickTime(t tick) int { return t.Time }

func orderTime(o order) int { return o.Time }

// R12: ticks that come up to 3 late are joined as if they had come in order.
func ExampleSort() {
	dir, _ := os.MkdirTemp("", "sort")
	defer os.RemoveAll(dir)
	write := func(name, lines string) string {
		path := filepath.Join(dir, name)
		_ = os.WriteFile(path, []byte(lines), 0o600)
		return path
	}
	ticks := write("ticks.jsonl", `{"time":1,"price":10}
{"time":4,"price":40}
{"time":2,"price":20}
{"time":7,"price":70}
`)
	orders := write("orders.jsonl", `{"time":3}
{"time":6}
`)
	mill, err := leat.New(func(o order, t tick) { fmt.Println(o.Time, t.Price) },
		leat.Broker(file.New(file.At[order](orders), file.At[tick](ticks))),
		leat.AsOf(orderTime, tickTime),
		leat.Sort(tickTime, 3),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := mill.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 3 20
	// 6 40
}

// runSorted runs ticks through a mill with an option, and returns the times in the order in which they come out.
func runSorted(t *testing.T, lines string, options ...leat.Option) (times []int, err error) {
	path := filepath.Join(t.TempDir(), "ticks.jsonl")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	options = append(options, leat.Broker(file.New(file.At[tick](path))))
	mill, err := leat.New(func(t *tick) { times = append(times, t.Time) }, options...)
	if err != nil {
		return nil, err
	}
	return times, mill.Run(t.Context())
}

const disordered = `{"time":5}
{"time":3}
{"time":9}
{"time":1}
{"time":7}
`

func TestSortOptions(t *testing.T) {
	atTime := func(t tick) time.Time { return time.Unix(int64(t.Time), 0) }
	pointer := func(t *tick) *int { return &t.Time }
	name := func(t tick) string { return fmt.Sprint(t.Time) }
	for _, test := range []struct {
		name   string
		option leat.Option
		want   []int
		err    string
	}{
		{"whole", leat.Sort(tickTime, leat.Any), []int{1, 3, 5, 7, 9}, ""},
		{"late enough", leat.Sort(tickTime, 8), []int{1, 3, 5, 7, 9}, ""},
		{"too late", leat.Sort(tickTime, 2), nil, "ticks.jsonl:4:1"},
		{"times", leat.Sort(atTime, 8*time.Second), []int{1, 3, 5, 7, 9}, ""},
		{"pointers", leat.Sort(pointer, uint8(8)), []int{1, 3, 5, 7, 9}, ""},
		{"texts", leat.Sort(name, leat.Any), []int{1, 3, 5, 7, 9}, ""},
		{"texts with a lateness", leat.Sort(name, 3), nil, "the keys are texts, which have no distances"},
		{"a duration for numbers", leat.Sort(tickTime, time.Second), nil, "1s is a time.Duration, but the keys are numbers"},
		{"a number for times", leat.Sort(atTime, 3), nil, "the keys are times; give a time.Duration"},
		{"below zero", leat.Sort(tickTime, -1), nil, "the lateness -1 is below zero"},
		{"nil", leat.Sort(tickTime, nil), nil, "the lateness is nil"},
		{"another type", leat.Sort(orderTime, 3), nil, "no node reads elements of leat_test.order"},
		{"an option of joins", leat.Sort(tickTime, 3, leat.Optional()), nil, "it takes leat.Named only"},
		{"another name", leat.Sort(tickTime, 3, leat.Named("x")), nil, "under the name x"},
	} {
		got, err := runSorted(t, disordered, test.option)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.err)
		}
		if err == nil && !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// A sort is for all nodes of its element type but for those that another one names as joins do.
func TestSortByName(t *testing.T) {
	b := memory.New(memory.Stream[order]("orders"), memory.Stream[tick]("ticks"),
		memory.Stream[tick]("others", memory.Named("other")), memory.Stream[Fill]("fills"))
	typed := leat.Typed(func(context.Context, *struct {
		Order order
		Ticks []tick
		Other []tick
	}) (f Fill, err error) {
		return f, nil
	})
	for _, c := range []struct {
		fn    any
		first leat.JoinOption
	}{{func(order, []tick) {}, leat.Named("")}, {typed, leat.Named("ticks")}} {
		mill, err := leat.New(c.fn, leat.Broker(b), leat.Join(orderTime, tickTime, c.first),
			leat.Join(orderTime, tickTime, leat.Named("other")),
			leat.Sort(tickTime, 5, leat.Named("other")), leat.Sort(tickTime, 3))
		if err != nil {
			t.Error(err)
			continue
		}
		plan := mill.Plan().String()
		for stream, lateness := range map[string]int{"ticks": 3, "others": 5} {
			want := fmt.Sprintf(`  %s, sorted by sort_test.go:\d+ within %d  `, stream, lateness)
			if !regexp.MustCompile(want).MatchString(plan) {
				t.Errorf("the plan hasn't %q:\n%s", want, plan)
			}
		}
	}
}

// R7, R12: what is late goes by the policy, and is in the plan's words.
func TestSortSkipsLate(t *testing.T) {
	got, err := runSorted(t, disordered, leat.Sort(tickTime, 2), leat.OnDisorder(leat.Skip))
	if want := []int{3, 5, 7, 9}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

// R12: a stream without an end can't be sorted as a whole.
func TestSortWholeNeedsAnEnd(t *testing.T) {
	storage := leattest.New(t, leattest.Stream([]tick{{Time: 1}}))
	mill, err := leat.New(func(tick) {}, leat.Broker(storage), leat.Sort(tickTime, leat.Any))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "has no end by itself") {
		t.Errorf("the error is %v", err)
	}
	if plan := mill.Plan().String(); !strings.Contains(plan, "sorted by ") {
		t.Errorf("the plan doesn't say that the stream is sorted:\n%s", plan)
	}
}

package redis_test

import (
	"iter"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/redis"
)

// The results of one call are one commit, however many they are, and leave nothing else behind.
func TestLargeCommit(t *testing.T) {
	const n = 100_000
	d := newDatabase(t)
	type number struct {
		N int `json:"n"`
	}
	input := memory.New(memory.Stream[order]("orders"))
	d.must(memory.Append(input, "orders", 0, order{ID: 1}))
	d.must(input.End("orders"))
	many := func(order) iter.Seq[number] {
		return func(yield func(number) bool) {
			for i := range n {
				if !yield(number{i}) {
					return
				}
			}
		}
	}
	mill, err := leat.New(many, leat.Name(d.prefix+"many"), quiet, leat.From(input),
		leat.To(redis.New(d.url, redis.Stream[number](d.key("numbers"), redis.Fields()))))
	d.must(err)
	d.must(mill.Run(t.Context()))
	all := d.entries("numbers")
	if len(all) != n+1 || all[n-1].Values["n"] != "99999" || all[n].Values["eos__"] != "true" {
		t.Errorf("there are %d entries, the last of which is %v", len(all), all[len(all)-1])
	}
	if left := d.do("KEYS", "leat:positions:"+d.prefix+"*").Val().([]any); len(left) != 1 {
		t.Errorf("there are the keys %v beside the positions", left)
	}
}

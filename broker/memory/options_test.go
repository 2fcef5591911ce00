package memory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// What an option can't do it says where it is given, in words of its own.
func TestImpossibleOptionsPanic(t *testing.T) {
	b := memory.New()
	for want, option := range map[string]func(){
		`memory.New: option 1 is nil; leave it out`: func() {
			memory.New(nil)
		},
		`memory.Stream("a"): option 1 is nil; leave it out`: func() {
			memory.Stream[int]("a", nil)
		},
		`memory.Named("b"): the stream "s" is named "a" already; leave one out`: func() {
			memory.Stream[int]("s", memory.Named("a"), memory.Named("b"))
		},
		`memory.Codec: the codec is nil; leave the option out for codec.JSON`: func() {
			memory.Codec(nil)
		},
		`memory.Key: the function is nil; leave the option out for the keys of the master records`: func() {
			memory.Key[int](nil)
		},
		`memory.Batch(0): a batch has at least one record`: func() {
			memory.Batch(0)
		},
		`memory.Partitions(0): a stream has at least one partition`: func() {
			memory.Partitions(0)
		},
		`memory.Gaps(-1): a gap can't be negative`: func() {
			memory.Gaps(-1)
		},
		`memory.MaxElement(0): an element has at least one byte`: func() {
			memory.MaxElement(0)
		},
		`memory.DataTimeout(-1s): a time can't be negative`: func() {
			memory.DataTimeout(-time.Second)
		},
		`memory.Pace({Interval:0s Prompt:false Results:-1 Bytes:1}): a pace has nothing negative`: func() {
			memory.Pace(broker.Pace{Results: -1, Bytes: 1})
		},
		`memory: commit 0 can't fail: from now, they are counted from one`: func() {
			b.AbortCommit(0)
		},
		`memory: commit -1 can't fail: from now, they are counted from one`: func() {
			b.FailCommit(-1,
				errors.New("x"))
		},
		`memory: a commit fails with an error, but it is nil`: func() {
			b.LoseCommit(1,
				nil)
		},
		`memory: commits can't take -1s: a time can't be negative`: func() {
			b.SlowCommits(-time.Second)
		},
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("got %v, want %s", got, want)
				}
			}()
			option()
		}()
	}
}

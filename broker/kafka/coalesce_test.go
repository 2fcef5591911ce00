package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// Those who ask while a request is under way share the next: none gets an answer that was asked for before.
func TestRequestsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := errors.New("missing")
		release := make(chan struct{})
		var requests [][]int
		c := coalescer[int, int]{request: func(keys []int) (map[int]int, error) {
			slices.Sort(keys)
			requests = append(requests, keys)
			<-release
			found := map[int]int{}
			for _, key := range keys {
				if key != 3 {
					found[key] = 100*len(requests) + key
				}
			}
			return found, missing
		}}
		var asks sync.WaitGroup
		ask := func(key, want int, fails error) {
			asks.Go(func() {
				if got, err := c.get(t.Context(), key); got != want || !errors.Is(err, fails) {
					t.Errorf("asked for %d: %d, %v; want %d, %v", key, got, err, want, fails)
				}
			})
		}
		ask(1, 101, nil)
		synctest.Wait()
		for range 3 {
			ask(1, 201, nil)
			ask(2, 202, nil)
			ask(3, 0, missing)
		}
		synctest.Wait()
		over, end := context.WithCancel(t.Context())
		end()
		if _, err := c.get(over, 4); !errors.Is(err, context.Canceled) {
			t.Errorf("asked without time: %v", err)
		}
		release <- struct{}{}
		synctest.Wait()
		release <- struct{}{}
		asks.Wait()
		if got := fmt.Sprint(requests); got != "[[1] [1 2 3 4]]" {
			t.Errorf("requests %s", got)
		}
	})
}

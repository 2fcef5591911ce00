package registered_test

import (
	"sync"
	"testing"

	"github.com/leat-go/leat/codec/internal/registered"
)

// Ids and headers come from the data. However many there are, a Cache's memory is bounded, and what it has is right.
func TestCacheIsBounded(t *testing.T) {
	var cache registered.Cache[int, int]
	const puts = 10_500
	for i := range puts {
		cache.Put(i, -i)
	}
	kept := 0
	for i := range puts {
		v, ok := cache.Get(i)
		if ok && v != -i {
			t.Fatalf("%d is %d", i, v)
		}
		if ok {
			kept++
		}
	}
	if _, ok := cache.Get(puts - 1); !ok || kept > 10_001 {
		t.Errorf("%d of %d are kept, the last: %t", kept, puts, ok)
	}
}

func TestCacheIsConcurrent(t *testing.T) {
	var cache registered.Cache[int, int]
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 100 {
				cache.Put(i, -i)
				if v, ok := cache.Get(i); !ok || v != -i {
					t.Errorf("%d is %d, %t", i, v, ok)
				}
			}
		})
	}
	group.Wait()
}

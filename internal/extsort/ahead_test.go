package extsort

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// A page is what elements are written to ahead: behind a header, with something between them.
type page struct {
	text          strings.Builder
	values        []string
	header, comma string
}

func (p *page) put(value []byte) error {
	if len(p.values) == 0 {
		p.text.WriteString(p.header)
	} else {
		p.text.WriteString(p.comma)
	}
	p.text.Write(value)
	p.values = append(p.values, string(value))
	return nil
}

// rest returns all elements in their order, with those that were written ahead.
func (p *page) rest(t rapid.TB, s *Sorter) []string {
	t.Helper()
	if err := s.Sort(context.Background()); err != nil {
		t.Fatal(err)
	}
	ahead := p.values
	if s.Displaced() {
		ahead = nil
		written := strings.NewReader(p.text.String())
		if err := s.Merge(context.Background(), written, int64(len(p.header)), int64(len(p.comma))); err != nil {
			t.Fatal(err)
		}
	}
	rest, err := pull(s)
	if err != nil {
		t.Fatal(err)
	}
	return append(slices.Clone(ahead), rest...)
}

// TestAhead compares elements that are written as they come, with any amount of memory, with a stable sort in memory: whether
// something comes that belongs before them, or not (R12).
func TestAhead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		p := &page{
			header: rapid.SampledFrom([]string{"", "[\n"}).Draw(t, "header"),
			comma:  rapid.SampledFrom([]string{"", ",\n"}).Draw(t, "comma"),
		}
		s := New(Options{Dir: dir, Memory: rapid.Int64Range(1, 20_000).Draw(t, "memory"), Ahead: p.put})
		lateness, rate := rapid.IntRange(1, 30).Draw(t, "lateness"), rapid.SampledFrom([]int{0, 0, 1, 20}).Draw(t, "late ones")
		numbers := rapid.IntRange(0, lateness)
		var elements []element
		for i := range rapid.IntRange(0, 600).Draw(t, "elements") {
			number := i/2 + numbers.Draw(t, "late")
			if rapid.IntRange(0, 999).Draw(t, "lot") < rate {
				number /= 3
			}
			key := fmt.Sprintf("%0*d", rapid.SampledFrom([]int{5, 5, 5, 20}).Draw(t, "width"), number)
			elements = append(elements, element{[]byte(key), fmt.Appendf(nil, "%d of %s", i, key)})
		}
		if rapid.IntRange(0, 5).Draw(t, "twice") == 0 {
			elements = append(elements, elements...)
		}
		push(t, s, elements)
		got := p.rest(t, s)
		want := make([]string, 0, len(elements))
		for _, e := range sorted(elements) {
			want = append(want, string(e.value))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("%v are left, %v", left, err)
		}
	})
}

// TestNearlyOrderedElementsAreWrittenOnce: they don't go to a run, however many there are, and are gone from memory; of shuffled
// ones none are written ahead, and a few late ones don't send all others to a run.
func TestNearlyOrderedElementsAreWrittenOnce(t *testing.T) {
	const count, memory = 300_000, 1 << 20
	for name, c := range map[string]struct {
		key       func(i int) uint64
		ahead     bool
		displaced bool
		runs      bool
	}{
		"in order":   {key: func(i int) uint64 { return uint64(i) }, ahead: true},
		"equal":      {key: func(int) uint64 { return 7 }, ahead: true},
		"nearly":     {key: func(i int) uint64 { return uint64(10*i + i*7%60) }, ahead: true},
		"a late one": {key: func(i int) uint64 { return uint64(i) * min(1, uint64(i^200_000)) }, ahead: true, displaced: true},
		"two files":  {key: func(i int) uint64 { return uint64(i % (count / 2)) }, ahead: true, displaced: true, runs: true},
		"shuffled":   {key: func(i int) uint64 { return uint64(i * 7919 % count) }, runs: true},
		"falling":    {key: func(i int) uint64 { return uint64(count - i) }, runs: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := &page{}
			s := New(Options{Dir: t.TempDir(), Memory: memory, Ahead: p.put})
			defer s.Close()
			elements := numbered(count, c.key)
			for i := range elements {
				push(t, s, elements[i:i+1])
				if taken := s.chunk.taken(); taken > memory*33/32+2*blockSize {
					t.Fatalf("%d bytes are taken behind %d elements", taken, i)
				}
			}
			if (len(p.values) > count/4) != c.ahead {
				t.Errorf("%d elements were written ahead", len(p.values))
			}
			if (s.runs != nil) != c.runs {
				t.Errorf("%d bytes went to runs", s.Spilled())
			}
			got := p.rest(t, s)
			if s.Displaced() != c.displaced {
				t.Error("the elements were not as displaced as they should be")
			}
			for i, e := range sorted(elements) {
				if got[i] != string(e.value) {
					t.Fatalf("element %d is %s, want %s", i, got[i], e.value)
				}
			}
		})
	}
}

// taken returns how many bytes a chunk takes.
func (c *chunk) taken() (size int) {
	for _, block := range append(slices.Clone(c.blocks), c.free...) {
		size += cap(block)
	}
	return size + 32*(cap(c.entries)+cap(c.spare))
}

// TestAheadFails: an error of what elements are written to is told as it is, and one of the temporary file as one of that.
func TestAheadFails(t *testing.T) {
	wrong := errors.New("no more paper")
	pushAll := func(s *Sorter) (err error) {
		for _, e := range numbered(20_000, func(i int) uint64 { return uint64(i) }) {
			if err := s.Push(context.Background(), e.key, e.value); err != nil {
				return err
			}
		}
		return s.Sort(context.Background())
	}
	s := New(Options{Dir: t.TempDir(), Memory: 10_000, Ahead: func([]byte) error { return wrong }})
	if err := pushAll(s); err != wrong {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	removed := 0
	s = New(Options{Dir: t.TempDir(), Memory: 10_000, Ahead: func([]byte) error { return nil }})
	s.create = func(string) (spill, error) { return &brokenDisk{room: 1000, removed: &removed}, nil }
	if err := pushAll(s); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil || removed != 1 {
		t.Errorf("%d files were removed, %v", removed, err)
	}
}

// TestMergeOfWhatIsGone: what was written ahead and isn't there any more is an error.
func TestMergeOfWhatIsGone(t *testing.T) {
	p := &page{}
	s := New(Options{Dir: t.TempDir(), Memory: 10_000, Ahead: p.put})
	defer s.Close()
	push(t, s, numbered(2000, func(i int) uint64 { return uint64(i % 1999) }))
	if err := s.Sort(context.Background()); err != nil || !s.Displaced() {
		t.Fatal(err, s.Displaced())
	}
	err := s.Merge(context.Background(), bytes.NewReader([]byte("0")), 0, 0)
	for err == nil {
		_, err = s.Next()
	}
	if err == io.EOF || !errors.Is(err, errCutOff) {
		t.Error(err)
	}
}

package extsort

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

type element struct{ key, value []byte }

// sorted returns elements as a naive reference has them.
func sorted(elements []element) []element {
	elements = slices.Clone(elements)
	slices.SortStableFunc(elements, func(a, b element) int { return bytes.Compare(a.key, b.key) })
	return elements
}

// pull returns all values.
func pull(s *Sorter) (values []string, err error) {
	for {
		value, err := s.Next()
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return values, err
		}
		values = append(values, string(value))
	}
}

func push(t rapid.TB, s *Sorter, elements []element) {
	t.Helper()
	for _, e := range elements {
		if err := s.Push(context.Background(), e.key, e.value); err != nil {
			t.Fatal(err)
		}
	}
}

// expect sorts elements, and compares what comes out with the reference.
func expect(t rapid.TB, s *Sorter, elements []element) {
	t.Helper()
	push(t, s, elements)
	if err := s.Sort(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, err := pull(s)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]string, 0, len(elements))
	for _, e := range sorted(elements) {
		want = append(want, string(e.value))
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %d elements, want %d: %q, want %q", len(got), len(want), got, want)
	}
}

// TestOrder compares with a stable sort in memory, of keys that are like each other in their beginnings, and with so
// little memory that there are many runs and passes (R12).
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.OneOf(
			rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0xFF}), 0, 20),
			rapid.Map(rapid.SampledFrom([]string{
				"", "key", "a key of sixteen", "a key of sixteen\x00", "a key of sixteen and more", "a key of sixteen and less",
			}), func(text string) []byte { return []byte(text) }),
			rapid.Map(rapid.Uint16(), func(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }),
		)
		var elements []element
		for i, key := range rapid.SliceOfN(keys, 0, 200).Draw(t, "keys") {
			value := fmt.Sprint(i, strings.Repeat("x", rapid.IntRange(0, 200).Draw(t, "size")))
			elements = append(elements, element{key, []byte(value)})
		}
		if rapid.Bool().Draw(t, "nearly in order") {
			elements = sorted(elements)
			for range rapid.IntRange(0, 3).Draw(t, "late ones") {
				if n := len(elements); n > 0 {
					i, j := rapid.IntRange(0, n-1).Draw(t, "i"), rapid.IntRange(0, n-1).Draw(t, "j")
					elements[i], elements[j] = elements[j], elements[i]
				}
			}
		}
		s := New(Options{Dir: dir, Memory: rapid.Int64Range(1, 4000).Draw(t, "memory")})
		expect(t, s, elements)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("%v are left, %v", left, err)
		}
	})
}

// numbered makes elements with numbers as keys.
func numbered(n int, key func(i int) uint64) []element {
	elements := make([]element, n)
	for i := range elements {
		elements[i] = element{binary.BigEndian.AppendUint64(nil, key(i)), fmt.Appendf(nil, "%d", i)}
	}
	return elements
}

// TestManyElements sorts so many that several goroutines do, in memory and with runs.
func TestManyElements(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, key := range map[string]func(i int) uint64{
		"shuffled":        func(int) uint64 { return r.Uint64N(1 << 16) },
		"in order":        func(i int) uint64 { return uint64(i / 3) },
		"the other way":   func(i int) uint64 { return uint64(1<<20 - i) },
		"nearly in order": func(i int) uint64 { return uint64(i) + r.Uint64N(20) },
		"equal":           func(int) uint64 { return 7 },
	} {
		for _, memory := range []int64{1 << 16, 1 << 21, 1 << 26} {
			t.Run(fmt.Sprintf("%s, %d KiB", name, memory>>10), func(t *testing.T) {
				s := New(Options{Dir: t.TempDir(), Memory: memory})
				defer s.Close()
				expect(t, s, numbered(100_000, key))
			})
		}
	}
}

// TestOrderedElementsAreOneRun: what is in order is written once and merged with nothing.
func TestOrderedElementsAreOneRun(t *testing.T) {
	s := New(Options{Dir: t.TempDir(), Memory: 1000})
	defer s.Close()
	push(t, s, numbered(1000, func(i int) uint64 { return uint64(i / 2) }))
	if len(s.runs.spans) != 1 || s.chunk.disordered {
		t.Errorf("%d runs", len(s.runs.spans))
	}
}

// TestMemoryIsBounded: a chunk takes what it may.
func TestMemoryIsBounded(t *testing.T) {
	const memory = 8 << 20
	s := New(Options{Dir: t.TempDir(), Memory: memory})
	defer s.Close()
	value := make([]byte, 300)
	for i := range 200_000 {
		key := binary.BigEndian.AppendUint64(nil, uint64(i*7919%200_000))
		if err := s.Push(context.Background(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	if taken := s.chunk.taken(); taken > memory*33/32+blockSize || len(s.runs.spans) < 5 {
		t.Errorf("%d bytes are taken, and there are %d runs", taken, len(s.runs.spans))
	}
}

// TestStaleFiles: a sorter removes what a killed process has left behind, and leaves alone what is in use.
func TestStaleFiles(t *testing.T) {
	dir := t.TempDir()
	s := New(Options{Dir: dir, Memory: 100})
	defer s.Close()
	push(t, s, numbered(100, func(i int) uint64 { return uint64(-i) }))
	stale := filepath.Join(dir, prefix+"1")
	if err := os.WriteFile(stale, []byte("run"), 0o600); err != nil {
		t.Fatal(err)
	}
	defer New(Options{Dir: dir}).Close()
	if _, err := os.Stat(stale); err == nil {
		t.Skip("there are no locks here")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Fatalf("%v are left, %v", left, err)
	}
	if err := s.Sort(context.Background()); err != nil {
		t.Fatal(err)
	}
	if values, err := pull(s); err != nil || len(values) != 100 {
		t.Errorf("%d elements, %v", len(values), err)
	}
}

// TestCancelled: the context's error comes from whatever is under way, and nothing stays behind.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	s := New(Options{Dir: dir, Memory: 1 << 16})
	var err error
	for _, e := range numbered(10_000, func(i int) uint64 { return uint64(-i) }) {
		if err = s.Push(ctx, e.key, e.value); err != nil {
			break
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("push: %v", err)
	}
	if err := s.Sort(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("sort: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

// A brokenDisk fails after so many bytes or reads.
type brokenDisk struct {
	bytes.Buffer
	room, reads int
	cut         bool
	removed     *int
}

func (d *brokenDisk) Write(data []byte) (int, error) {
	if d.room -= len(data); d.room < 0 {
		return 0, syscall.ENOSPC
	}
	return d.Buffer.Write(data)
}

func (d *brokenDisk) ReadAt(into []byte, at int64) (int, error) {
	if d.reads--; d.reads < 0 {
		if d.cut {
			return 0, io.EOF
		}
		return 0, syscall.EIO
	}
	return bytes.NewReader(d.Bytes()).ReadAt(into, at)
}

func (d *brokenDisk) Remove() error {
	*d.removed++
	return nil
}

// TestBrokenDisk: an error of the disk is told wherever it happens, and the files are removed all the same.
func TestBrokenDisk(t *testing.T) {
	for name, c := range map[string]struct {
		room, reads int
		cut         bool
		memory      int64
		want        string
	}{
		"full":              {room: 3000, reads: 1 << 20, memory: 1000, want: "set TMPDIR to a folder with more"},
		"full when merging": {room: 18_000, reads: 1 << 20, memory: 1000, want: "set TMPDIR to a folder with more"},
		"unreadable":        {room: 1 << 20, reads: 3, memory: 1000, want: "read at "},
		"unreadable later":  {room: 1 << 20, reads: 20, memory: 10_000, want: syscall.EIO.Error()},
		"cut off":           {room: 1 << 20, reads: 3, cut: true, memory: 1000, want: errCutOff.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			made, removed := 0, 0
			s := New(Options{Dir: t.TempDir(), Memory: c.memory})
			s.create = func(string) (spill, error) {
				made++
				return &brokenDisk{room: c.room / made, reads: c.reads, cut: c.cut, removed: &removed}, nil
			}
			var err error
			for _, e := range numbered(1000, func(i int) uint64 { return uint64(i * 7919 % 1000) }) {
				if err = s.Push(context.Background(), e.key, e.value); err != nil {
					break
				}
			}
			if err == nil {
				err = s.Sort(context.Background())
			}
			if err == nil {
				_, err = pull(s)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if err := s.Close(); err != nil || made == 0 || removed != made {
				t.Errorf("%d files were made, %d removed, %v", made, removed, err)
			}
		})
	}
}

// TestNoFolder: a folder that isn't there is an error that names it.
func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	s := New(Options{Dir: dir, Memory: 1})
	err := cmp.Or(s.Push(context.Background(), nil, nil), s.Push(context.Background(), nil, nil))
	if err == nil || !strings.Contains(err.Error(), dir) || !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkSort(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	value := make([]byte, 70)
	for name, key := range map[string]func(i int) uint64{
		"shuffled": func(int) uint64 { return r.Uint64N(1 << 40) },
		"nearly":   func(i int) uint64 { return uint64(i)*10 + r.Uint64N(60) },
	} {
		elements := numbered(300_000, key)
		for _, memory := range []int64{4 << 20, 256 << 20} {
			b.Run(fmt.Sprintf("%s/%dMiB", name, memory>>20), func(b *testing.B) {
				for b.Loop() {
					s := New(Options{Dir: b.TempDir(), Memory: memory})
					for _, e := range elements {
						if err := s.Push(context.Background(), e.key, value); err != nil {
							b.Fatal(err)
						}
					}
					if err := s.Sort(context.Background()); err != nil {
						b.Fatal(err)
					}
					for {
						if _, err := s.Next(); err != nil {
							break
						}
					}
					if err := s.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

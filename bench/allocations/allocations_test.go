package main

import (
	"strings"
	"testing"
)

// More allocations count, fewer and new ones don't, and of several runs the one with the fewest does.
func TestCompare(t *testing.T) {
	const before = `pkg: a
BenchmarkOne-2    100    12 ns/op    8 B/op    1 allocs/op
BenchmarkOne-2    100    12 ns/op    8 B/op    3 allocs/op
BenchmarkTwo-2    100    12 ns/op    8 B/op    5 allocs/op
BenchmarkOld-2    100    12 ns/op    8 B/op    5 allocs/op
`
	const after = `pkg: a
BenchmarkOne-2    100    12 ns/op    8 B/op    2 allocs/op
BenchmarkTwo-2    100    99 ns/op   99 B/op    4 allocs/op
pkg: b
BenchmarkTwo-2    100    12 ns/op    8 B/op    9 allocs/op
`
	old, err := parse(strings.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	now, err := parse(strings.NewReader(after))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	more := compare(&out, old, now)
	const want = `MORE   a BenchmarkOne-2: 1 → 2 allocs/op
fewer  a BenchmarkTwo-2: 5 → 4 allocs/op
new    b BenchmarkTwo-2: 9 allocs/op
gone   a BenchmarkOld-2
`
	if more != 1 || out.String() != want {
		t.Errorf("%d, got\n%s\nwant\n%s", more, out.String(), want)
	}
}

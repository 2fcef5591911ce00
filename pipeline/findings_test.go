package pipeline_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
)

// rows writes n elements.
func rows(n int, row func(i int) string) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintln(&text, row(i))
	}
	return text.String()
}

// tenths writes a number of tenths, and so on, as JSON has it.
func decimals(n, places int) string {
	digits := fmt.Sprintf("%0*d", places+1, n)
	return digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}

// TestFindings holds what is said of joins of which people have asked why they join nothing.
func TestFindings(t *testing.T) {
	seconds := func(plus int) func(i int) string {
		return func(i int) string { return fmt.Sprintf(`{"t":%d}`, 1_700_000_000+plus+i) }
	}
	for name, c := range map[string]struct{ on, a, b, want string }{
		"10 Hz against the same a little later": {
			a: rows(100, func(i int) string { return `{"t":` + decimals(17_000_000_000+i, 1) + `}` }),
			b: rows(100, func(i int) string { return `{"t":` + decimals(17_000_000_000_000+i*1000+1+i%9, 4) + `}` }),
			want: `a with b: the keys of a and b are near each other, but not equal: the nearest key of b lies 0.0001 to 0.0009 after
  write  on: "a.t == round(b.t * 10) / 10"
  then 100 of 100 elements of a find a match; as it is, 0 of 100`,
		},
		"jitter of both without a unit": {
			a: rows(100, func(i int) string { return `{"t":` + decimals(1_000_000+i*3700+i*i%977, 4) + `}` }),
			b: rows(100, func(i int) string { return `{"t":` + decimals(1_000_000+i*3700+i*i%977+i*7%11-5, 4) + `}` }),
			want: `a with b: 100 of 100 keys of a are near one of b, but not equal to it, and no rounding makes them equal, as some would be rounded up and others down: the nearest key of b lies up to 0.0005 before or 0.0005 after
  add    within: 0.0005
         take: nearest
  then 100 of 100 elements of a find a match; as it is, 9 of 100`,
		},
		"an hour before, 100 lines": {
			a: rows(100, seconds(0)), b: rows(100, seconds(-3600)),
			want: `a with b: the keys of a are those of b and 3600 more
  write  on: "a.t - 3600 == b.t"
  then 100 of 100 elements of a find a match; as it is, 0 of 100`,
		},
		"an hour before, 40 lines": {
			a: rows(40, seconds(0)), b: rows(40, seconds(-3600)),
			want: `a with b: the keys of a are those of b and 3600 more
  write  on: "a.t - 3600 == b.t"
  then 40 of 40 elements of a find a match; as it is, 0 of 40`,
		},
		"five hours before, with every seventh missing": {
			a: rows(500, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 5*i-402_841) }),
			b: rows(429, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 5*(i+(i+1)/6)-420_841) }),
			want: `a with b: the keys of a are those of b and 18000 more
  write  on: "a.t - 18000 == b.t"
  then 429 of 500 elements of a find a match; as it is, 0 of 500`,
		},
		"grids that have nothing to do with each other, one with holes": {
			a:    rows(900, func(i int) string { return fmt.Sprintf(`{"t":%d}`, i) }),
			b:    rows(540, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 1847+i*3/2) }),
			want: "a with b: nothing can join: the keys of a are 0 to 899, those of b are 1847 to 2655",
		},
		"negative numbers against their text": {
			a: rows(90, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 10*i-782_900) }),
			b: rows(90, func(i int) string { return fmt.Sprintf(`{"t":"%d"}`, 10*i-782_900) }),
			want: `a with b: the keys of b are text, and those of a numbers
  write  on: "a.t == int(b.t)"
  then 90 of 90 elements of a find a match; as it is, 0 of 90`,
		},
		"an hour later, and the right one begins and ends elsewhere": {
			a: rows(100, seconds(0)), b: rows(140, seconds(3590)),
			want: `a with b: the keys of b are those of a and 3600 more
  write  on: "a.t + 3600 == b.t"
  then 100 of 100 elements of a find a match; as it is, 0 of 100`,
		},
		"an hour later in nanoseconds, with holes on both sides": {
			a: rows(176, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 1_700_000_000_300_000_000+int64(i+i/7)*100_000_000) }),
			b: rows(160, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 1_700_003_600_000_000_000+int64(i+i/4)*100_000_000) }),
			want: `a with b: the keys of b are those of a and 3600000000000 more
  write  on: "a.t + 3600000000000 == b.t"
  then 138 of 176 elements of a find a match; as it is, 0 of 176`,
		},
		"the least and the greatest of int64": {
			a: rows(60, func(i int) string { return fmt.Sprintf(`{"t":%d}`, math.MinInt64+int64(i*i)*5_123_456_789_012_345) }),
			b: rows(60, func(i int) string {
				return fmt.Sprintf(`{"t":%d}`, math.MinInt64+int64(i*i)*5_123_456_789_012_345+60_000)
			}),
			want: `a with b: the keys of b are those of a and 60000 more
  write  on: "a.t + 60000 == b.t"
  then 60 of 60 elements of a find a match; as it is, 0 of 60`,
		},
		"more decimals than an int64 has digits": {
			a: rows(60, func(i int) string { return fmt.Sprintf(`{"t":170000%d.123456789012345678}`, 1000+i*i) }),
			b: rows(60, func(i int) string { return fmt.Sprintf(`{"t":170000%d.423456789012345678}`, 1000+i*i) }),
			want: `a with b: the keys of b are those of a and 0.3 more
  write  on: "a.t + 0.3 == b.t"
  then 60 of 60 elements of a find a match; as it is, 0 of 60`,
		},
		"sums of floating point against decimals": {
			a: rows(60, func(i int) string {
				return `{"t":` + strconv.FormatFloat(1.1+float64(i*3+i%2)*0.1*1.1, 'g', -1, 64) + `}`
			}),
			b: rows(60, func(i int) string { return `{"t":` + decimals(110+11*(i*3+i%2), 2) + `}` }),
			want: `a with b: the keys of a and b are near each other, but not equal: the nearest key of b lies 0 to 0.000000000000006 before
  write  on: "round(a.t / 0.22) * 0.22 == b.t"
  then 60 of 60 elements of a find a match; as it is, 19 of 60`,
		},
		"tenths, one more": {
			a: rows(50, func(i int) string { return `{"t":` + decimals(i*17+i%5, 1) + `}` }),
			b: rows(50, func(i int) string { return `{"t":` + decimals(i*17+i%5+10, 1) + `}` }),
			want: `a with b: the keys of b are those of a and 1 more
  write  on: "a.t + 1 == b.t"
  then 50 of 50 elements of a find a match; as it is, 0 of 50`,
		},
		"even and odd": {
			a:    rows(60, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 2*i) }),
			b:    rows(30, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 2*i+1) }),
			want: `a with b: 60 of 60 elements of a find no match: 1 before its beginning: 0 (line 1) is not in b, which begins at 1 (line 1); 29 in gaps: 2 (line 2) is not in b, which jumps from 1 (line 1) to 3 (line 2); the keys of a are all 0 above a multiple of 2 and those of b 1, so none can be equal; 30 behind its end: 60 (line 31) is not in b, which ends at 59 (line 30)`,
		},
		"a count in place of the time": {
			on: "a.t == b.seq",
			a:  rows(100, seconds(0)), b: rows(100, func(i int) string { return fmt.Sprintf(`{"seq":%d,"t":%d}`, i+27, 1_700_000_000+i) }),
			want: `a with b: b.seq doesn't hold the keys of a, but b.t does
  write  on: "a.t == b.t"
  then 100 of 100 elements of a find a match; as it is, 0 of 100`,
		},
		"a count in place of a time that isn't there": {
			on: "a.t == b.seq",
			a:  rows(100, seconds(0)), b: rows(100, func(i int) string { return fmt.Sprintf(`{"seq":%d}`, i+27) }),
			want: `a with b: nothing can join: the keys of a are 1700000000 to 1700000099, those of b are 27 to 126`,
		},
		"a member that only brackets can name": {
			on: `a["time-x"] + 10 == b.n`,
			a:  rows(50, func(i int) string { return fmt.Sprintf(`{"time-x":%d}`, 1_700_000_000+i*i) }),
			b:  rows(50, func(i int) string { return fmt.Sprintf(`{"n":%d,"time-x":%d}`, i, 1_700_000_010+i*i) }),
			want: `a with b: b.n doesn't hold the keys of a, but b["time-x"] does
  write  on: "a[\"time-x\"] + 10 == b[\"time-x\"]"
  then 50 of 50 elements of a find a match; as it is, 0 of 50`,
		},
		"instants in two zones": {
			a: rows(20, func(i int) string { return fmt.Sprintf(`{"t":"2026-11-22T15:%02d:00Z"}`, i) }),
			b: rows(20, func(i int) string { return fmt.Sprintf(`{"t":"2026-11-22T16:%02d:00+01:00"}`, i) }),
			want: `a with b: the keys of a and b are instants that are written in more than one way
  write  on: "date(a.t) == date(b.t)"
  then 20 of 20 elements of a find a match; as it is, 0 of 20`,
		},
		"instants with decimals where they have some": {
			a: rows(3, func(i int) string { return fmt.Sprintf(`{"t":"2026-11-22T15:00:00%sZ"}`, []string{"", ".25", ".5"}[i]) }),
			b: rows(3, func(i int) string {
				return fmt.Sprintf(`{"t":"2026-11-22T15:00:00.%s0Z"}`, []string{"0", "25", "5"}[i])
			}),
			want: `a with b: the keys of a, a.t, grow by what they mean, but as text "2026-11-22T15:00:00Z" is above "2026-11-22T15:00:00.25Z" (line 2)
  write  on: "date(a.t) == date(b.t)"
  then the keys grow, and 3 of 3 elements of a find a match`,
		},
		"zeros in front": {
			a: rows(20, func(i int) string { return fmt.Sprintf(`{"t":"k%06d"}`, 100+i) }),
			b: rows(20, func(i int) string { return fmt.Sprintf(`{"t":"k%d"}`, 100+i) }),
			want: `a with b: the keys of a and b are numbers that are written in more than one way
  write  on: "int(trimPrefix(a.t, \"k\")) == int(trimPrefix(b.t, \"k\"))"
  then 20 of 20 elements of a find a match; as it is, 0 of 20`,
		},
		"numbers behind a name against numbers": {
			a: rows(20, func(i int) string { return fmt.Sprintf(`{"t":"robot-%d"}`, 100+i) }),
			b: rows(20, func(i int) string { return fmt.Sprintf(`{"t":%d}`, 100+i) }),
			want: `a with b: the keys of a are text, and those of b numbers
  write  on: "int(trimPrefix(a.t, \"robot-\")) == b.t"
  then 20 of 20 elements of a find a match; as it is, 0 of 20`,
		},
		"decimals as text, 9.5 before 10.5": {
			a: rows(4, func(i int) string { return fmt.Sprintf(`{"t":"%d.5"}`, 8+i) }),
			b: rows(4, func(i int) string { return fmt.Sprintf(`{"t":"%d.5"}`, 8+i) }),
			want: `a with b: the keys of a, a.t, are numbers written as text: they grow as numbers, but as text "9.5" is above "10.5" (line 3)
  write  on: "float(a.t) == float(b.t)"
  then the keys grow, and 4 of 4 elements of a find a match`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			on := c.on
			if on == "" {
				on = "a.t == b.t"
			}
			report, text := check(t, on, c.a, c.b)
			if len(report.Findings) == 0 {
				t.Fatal(text)
			}
			if diff := cmp.Diff(c.want, report.Findings[0].String()); diff != "" {
				t.Errorf("%s\n%s", diff, text)
			}
		})
	}
}

// TestFindingsOfAStreamJoinedToItself: a step of a tenth against stamps that are off by a little is no matter of whole
// seconds.
func TestFindingsOfAStreamJoinedToItself(t *testing.T) {
	text := rows(200, func(i int) string { return `{"time":` + decimals(17_000_000_000_000+i*1000+i*7%13-6, 4) + `}` })
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.jsonl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Parse(filepath.Join(dir, "x.yaml"), []byte("streams: {prev: {file: t.jsonl}, next: {file: t.jsonl}, "+
		"out: {file: out.jsonl}}\nmaster: prev\noutput: out\njoin: [{left: prev, right: next, on: prev.time + 0.1 == next.time}]"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Check(t.Context(), quiet())
	if err != nil || len(report.Findings) != 1 {
		t.Fatal(report, err)
	}
	const want = `prev with next: the keys of prev and next are near each other, but not equal: the nearest key of next lies up to 0.0006 before or 0.0007 after
  write  on: "round((prev.time + 0.1) * 10) / 10 == round(next.time * 10) / 10"
  then 199 of 200 elements of prev find a match; as it is, 0 of 200`
	if diff := cmp.Diff(want, report.Findings[0].String()); diff != "" {
		t.Error(diff)
	}
}

package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// TestDurations takes days, weeks and ISO 8601 wherever a pipeline file says a duration.
func TestDurations(t *testing.T) {
	const a = `{"t":"2026-11-01T00:00:00Z"}` + "\n" + `{"t":"2026-11-03T00:00:00Z"}` + "\n" + `{"t":"2026-11-02T00:00:00Z"}` + "\n"
	const b = `{"u":"2026-11-02T00:00:00Z"}` + "\n"
	for _, d := range []string{"1d", "24h", "PT24H", "P1D", "1.0d", "86400s"} {
		dir := folder(t, map[string]string{"a.jsonl": a, "b.jsonl": b})
		text := strings.ReplaceAll(`
streams: {a: {file: a.jsonl, sort: {by: date(t), within: D}}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: date(a.t) == date(b.u), within: {before: D, after: 0}}]
output: out
emit: {t: a.t}
`, "D", d)
		p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text))
		if err != nil {
			t.Errorf("%s: %v", d, err)
			continue
		}
		if err := p.Run(t.Context(), quiet()); err != nil {
			t.Errorf("%s: %v", d, err)
		}
		const want = `{"t":"2026-11-02T00:00:00Z"}` + "\n" + `{"t":"2026-11-03T00:00:00Z"}` + "\n"
		got, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", d, got, err)
		}
	}
}

// TestCheckReadsLayouts offers the layout of times that are text, where a join by them then matches, or they are in order.
func TestCheckReadsLayouts(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		{`"27.11.2026 10:00","28.11.2026 09:00","01.12.2026 08:00"`,
			`"2026-11-27T10:00:00Z","2026-11-28T09:00:00Z","2026-12-01T08:00:00Z"`,
			`date(a.t, "%d.%m.%Y %H:%M") == date(b.u)`},
		{`"27/11/2026 10:00","28/11/2026 09:00","01/12/2026 08:00"`, `1795773600,1795856400,1796112000`,
			`date(a.t, "%d/%m/%Y %H:%M").Unix() == b.u`},
		{`"01/11/2026","02/11/2026","01/12/2026"`, `"01/11/2026","02/11/2026","01/12/2026"`,
			`date(a.t, "%d/%m/%Y") == date(b.u, "%d/%m/%Y")`},
	} {
		dir := folder(t, map[string]string{"a.jsonl": listOf("t", test.a), "b.jsonl": listOf("u", test.b)})
		p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(`
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.t == b.u}]
output: out
`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := p.Check(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range report.Findings {
			found = found || f.Fix == test.want
		}
		if !found {
			t.Errorf("%s: the findings are %+v, want %s", test.a, report.Findings, test.want)
		}
	}
}

// listOf returns an object a line, with each value as a member of a name.
func listOf(member, values string) (text string) {
	for _, v := range strings.Split(values, ",") {
		text += `{"` + member + `":` + v + "}\n"
	}
	return text
}

// TestCheckKnowsSort doesn't say "sort the stream" of one that is put in order by something else.
func TestCheckKnowsSort(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.jsonl": `{"t":1,"n":3}` + "\n" + `{"t":5,"n":1}` + "\n" + `{"t":3,"n":2}` + "\n" + `{"t":4,"n":4}` + "\n",
		"b.jsonl": `{"t":1}` + "\n"})
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(`
streams: {a: {file: a.jsonl, sort: n}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.t == b.t}]
output: out
`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	const want = "the stream is put in order by n, line 2, and the keys are in another order; sort it by what the keys are made of"
	if len(report.Findings) == 0 || !strings.Contains(report.Findings[0].Text, want) {
		t.Errorf("%+v", report.Findings)
	}
}

package pipeline_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

const nearStreams = `
streams:
  trades: {file: trades.jsonl}
  quotes: {file: quotes.jsonl}
  venues: {file: venues.jsonl}
  halts: {file: halts.jsonl}
  out: {file: out.jsonl}
master: trades
output: out
join:
  - left: trades
    right: quotes
    on: "trades.time == quotes.time"
    by: "quotes.ticker == trades.ticker"
    within: {before: 2}
    take: last
    equal: false
    need: optional
  - {left: quotes, right: venues, on: "quotes.time == venues.time", need: optional}
  - {left: trades, right: halts, on: "trades.time == halts.time", within: {before: 1, after: 0.5}, need: absent}
`

var nearFiles = map[string]string{
	"trades.jsonl": `{"time":0.01,"ticker":"A"}
{"time":1.5,"ticker":"B"}
{"time":2.7,"ticker":"A"}
{"time":9,"ticker":"A"}`,
	"quotes.jsonl": `{"time":0.5,"ticker":"B","bid":1.50}
{"time":0.7,"ticker":"A","bid":2}
{"time":2.5,"ticker":"A","bid":3.0}
{"time":2.7,"ticker":"A","bid":4}`,
	"venues.jsonl": `{"time":2.5,"name":"X"}`,
	"halts.jsonl":  `{"time":1.4}`,
}

// TestNearKeys: of a joined element's children that which takes one match is the match or null, that which takes all a
// list, and that which must be absent isn't there; with a window, too, and down the tree.
func TestNearKeys(t *testing.T) {
	const joined = `{"time":0.01,"ticker":"A","quotes":null}
{"time":2.7,"ticker":"A","quotes":{"time":2.5,"ticker":"A","bid":3.0,"venues":[{"time":2.5,"name":"X"}]}}
{"time":9,"ticker":"A","quotes":null}
`
	windows := `{"trades":[` + strings.ReplaceAll(strings.TrimSuffix(joined, "\n"), "\n", ",") + "]}\n"
	for text, want := range map[string]string{
		"": joined, "window: {count: 3}": windows,
		"emit: {bid: quotes?.bid}":                                   "{\"bid\":null}\n{\"bid\":3.0}\n{\"bid\":null}\n",
		"emit: {bid: quotes.bid ?? 0}":                               "{\"bid\":0}\n{\"bid\":3.0}\n{\"bid\":0}\n",
		"emit: {bid: 'quotes == nil ? 0 : quotes.bid + 1'}":          "{\"bid\":0}\n{\"bid\":4}\n{\"bid\":0}\n",
		"emit: {bid: 'trades.quotes?.bid != nil ? 1 : 2'}":           "{\"bid\":2}\n{\"bid\":1}\n{\"bid\":2}\n",
		"emit: {q: 'quotes?.venues[0]?.name', n: len(quotes ?? '')}": "{\"q\":null,\"n\":0}\n{\"q\":\"X\",\"n\":4}\n{\"q\":null,\"n\":0}\n",
		"emit: {q: quotes?.venues}":                                  "{\"q\":null}\n{\"q\":[{\"time\":2.5,\"name\":\"X\"}]}\n{\"q\":null}\n",
		"emit: {q: quotes}\nwindow: {count: 3}":                      "",
		"emit: {q: 'map(trades, .quotes?.bid)'}\nwindow: {count: 3}": "{\"q\":[null,3.0,null]}\n",
		"emit: {q: 'trades[1].quotes?.bid'}\nwindow: {count: 3}":     "{\"q\":3.0}\n",
	} {
		got, err := run(t, nearStreams+text, nearFiles)
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "unknown name quotes") {
				t.Errorf("%s: %s, %v", text, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: got\n%s%v\nwant\n%s", text, got, err, want)
		}
	}
}

// TestNearKeysWithoutMatches: an optional child of which all are taken is an empty list.
func TestNearKeysWithoutMatches(t *testing.T) {
	const text = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.t == b.t, within: 0.5, need: optional}]
output: out
`
	got, err := run(t, text, map[string]string{"a.jsonl": `{"t":1}`, "b.jsonl": `{"t":2}`})
	if want := `{"t":1,"b":[]}` + "\n"; err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	got, err = run(t, text+"emit: {n: len(b), s: 'sum(b, .t)', first: 'b[0]?.t'}", map[string]string{
		"a.jsonl": `{"t":1}`, "b.jsonl": `{"t":1.5}` + "\n" + `{"t":1.51}`})
	if want := `{"n":1,"s":1.5,"first":1.5}` + "\n"; err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestNamesOfAbsentStreams: elements may have a member of the name of a stream that must be absent, as nothing is put
// there.
func TestNamesOfAbsentStreams(t *testing.T) {
	got, err := run(t, `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.t == b.t, need: absent}]
output: out
`, map[string]string{"a.jsonl": `{"t":1,"b":5}` + "\n" + `{"t":2,"b":6}`, "b.jsonl": `{"t":1}`})
	if want := `{"t":2,"b":6}` + "\n"; err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestKindsOfNearKeys: whether keys have distances in the reach's unit shows with the first key where the expression
// doesn't tell. The error names the element.
func TestKindsOfNearKeys(t *testing.T) {
	for _, c := range []struct{ join, a, b, want string }{
		{"within: 10ms", `{"t":1}`, `{"t":1}`, "a.jsonl:1:1 (partition 0, offset 0): join of a with b: the left key can't be " +
			"computed: a.t is a number, but the reach is given as a duration: give it as a number in the keys' units"},
		{"within: 10ms", `{"t":"x"}`, `{"t":"x"}`, "a.t is text, and texts have no distances"},
		{"within: {before: any}, take: last", `{"t":"x"}`, `{"t":"x"}`, "a.t is text, and texts have no distances"},
		{"within: 5", `{"t":true}`, `{"t":true}`, "a.t is true or false, and has no distances"},
		{"within: 5s", `{"t":1}`, `{"t":null}` + "\n" + `{"t":5}`, "a.t is a number"},
		{`by: "a.k == b.k"`, `{"t":1,"k":[1]}`, `{"t":1,"k":[1]}`, "the match key of the left side can't be computed: a.k: it is " +
			"a list, which has no order: a match key is a number, a text, a truth value, a time or a length of time"},
		{"within: 5", `{"t":1e200000}`, `{"t":1}`, "there are no distances to 1e200000"},
		{"by: a.t == b.id", `{"t":1}`, `{"t":1,"id":"1"}`, "b.id is text here, but a.t was a number before"},
	} {
		_, err := run(t, `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.t == b.t, `+c.join+`}]
output: out
`, map[string]string{"a.jsonl": c.a, "b.jsonl": c.b})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.join, err, c.want)
		}
	}
}

// TestPlanOfNearKeys: the plan says what it says of the same join in Go.
func TestPlanOfNearKeys(t *testing.T) {
	p, err := pipeline.Parse("p.yaml", []byte(nearStreams))
	if err != nil {
		t.Fatal(err)
	}
	text := p.Plan().String()
	for _, want := range []string{
		"on trades.time == quotes.time, last within 2 before, not at equal keys, by trades.ticker == quotes.ticker, optional\n",
		"on quotes.time == venues.time, optional\n", "on trades.time == halts.time, within 1 before and 0.5 after, absent\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nhasn't got\n%s", text, want)
		}
	}
}

// TestLooksAtNearKeys: check judges joins of near keys by their reach and match keys, and raises no alarm where they are
// right; what knows equal keys only says so of others, and claims nothing.
func TestLooksAtNearKeys(t *testing.T) {
	dir := folder(t, nearFiles)
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(nearStreams))
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if text := report.String(); len(report.Joins) != 3 || len(report.Problems)+len(report.Findings) > 0 ||
		!strings.Contains(text, "nearest before") {
		t.Errorf("%s", text)
	}
}

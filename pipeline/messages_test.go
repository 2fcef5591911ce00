package pipeline_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

const (
	streams = "streams: {a: {file: a.json}, b: {file: b.json}, c: {file: c.json}, out: {file: out.json}}\n"
	two     = "streams: {a: {file: a.json}, b: {file: b.json}, out: {file: out.json}}\nmaster: a\noutput: out\n"
	joined  = two + `join: [{left: a, right: b, on: "a.t == b.t"}]` + "\n"
)

// TestMessages holds what a user reads who has made a mistake: one line, with the very place and what would be right.
func TestMessages(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "p.yaml:1:1: the pipeline file is empty: it needs the members streams, master and output"},
		"only a comment": {"# hello\n", "p.yaml:1:1: the pipeline file is empty: it needs the members streams, master and output"},
		"no YAML":        {"streams: {a: [\n", "p.yaml:1:14: this is not YAML: sequence end token ']' not found"},
		"a list":         {"- a\n- b\n", "p.yaml:1:1: a pipeline file must be a mapping of names to values, but this is a list"},
		"two documents":  {two + "---\nmaster: b\n", "p.yaml:5:1: a second document begins here, but a pipeline file has one"},
		"twice":          {"master: a\nmaster: b\n", `p.yaml:2:1: this is not YAML: mapping key "master" already defined at [1:1]`},
		"misspelt": {
			"stream: {}\n", `p.yaml:1:1: a pipeline file has no member "stream", did you mean streams?`,
		},
		"unknown": {
			"x: {}\n", `p.yaml:1:1: a pipeline file has no member "x": there is streams, master, join, window, output, emit`,
		},
		"kafka": {
			"kafka: {brokers: [x]}\n" + two,
			"p.yaml:1:1: this version of leat reads and writes files only, not Kafka: give the stream as {file: PATH}",
		},
		"topic": {
			"streams:\n  a: {topic: robot}\n",
			"p.yaml:2:7: this version of leat reads and writes files only, not Kafka: give the stream as {file: PATH}",
		},
		"no streams": {
			"master: a\n",
			`p.yaml:1:1: the member "streams" is missing: it names every stream, as in streams: {prev: {file: robot.json}}`,
		},
		"no master": {
			"# robots\n" + streams + "output: out\n",
			`p.yaml:2:1: the member "master" is missing: it names the stream whose elements the others are joined to`,
		},
		"no output": {
			streams + "master: a\n",
			`p.yaml:1:1: the member "output" is missing: it names the stream that results are written to`,
		},
		"streams is a list": {
			"streams: [a, b]\n", "p.yaml:1:10: streams must be a mapping of names to values, but this is a list",
		},
		"a stream is a text": {
			"streams:\n  a: a.json\n", "p.yaml:2:6: the stream a must be given as {file: PATH}, but this is a text",
		},
		"a stream is empty":   {"streams:\n  a: {}\n", "p.yaml:2:6: the stream a must be given as {file: PATH}"},
		"path misspelt":       {"streams:\n  a: {flie: x}\n", `p.yaml:2:7: the stream a has no member "flie", did you mean file?`},
		"path is a list":      {"streams:\n  a: {file: [x]}\n", "p.yaml:2:13: the path must be a text, but this is a list"},
		"path is empty":       {"streams:\n  a: {file: ''}\n", "p.yaml:2:13: the path of the stream a is empty"},
		"name with a hyphen":  {"streams:\n  a-b: {file: x}\n", `p.yaml:2:3: the stream's name "a-b" must consist of letters, digits and _ and not begin with a digit, so that expressions can use it`},
		"name is a word":      {"streams:\n  in: {file: x}\n", `p.yaml:2:3: a stream can't be called "in", which is a word of expressions`},
		"alias":               {"streams: &x\n  a: {file: x}\nmaster: *x\n", "p.yaml:1:10: streams must be a mapping of names to values, but this is an anchor or alias, which pipeline files don't have"},
		"master is a list":    {streams + "master: [a]\n", "p.yaml:2:9: master must be a text, but this is a list"},
		"master is empty":     {streams + "master:\noutput: out\n", "p.yaml:2:8: master must be a text, but this is empty"},
		"unknown master":      {streams + "master: robot\noutput: out\n", `p.yaml:2:9: there is no stream "robot": there is a, b, c, out`},
		"misspelt output":     {streams + "master: a\noutput: ouy\n", `p.yaml:3:9: there is no stream "ouy", did you mean out?`},
		"output is read":      {two + "join: [{left: a, right: out, on: a.t == out.t}]", `p.yaml:3:9: the stream "out" is read, so it can't be the output as well: declare a stream of another name for the output`},
		"unused stream":       {streams + "master: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t}]", `p.yaml:1:49: the stream "c" is used nowhere: join it, or take it out`},
		"join is a mapping":   {two + "join: {left: a}\n", "p.yaml:4:7: join must be a list, but this is a mapping"},
		"join without right":  {two + "join:\n  - {left: a, on: a.t == b.t}\n", `p.yaml:5:5: the join has no member "right": it is given as {left: STREAM, right: STREAM, on: "LEFT.time == RIGHT.time"}`},
		"join misspelt":       {two + "join:\n  - {left: a, rigth: b, on: a.t == b.t}\n", `p.yaml:5:15: a join has no member "rigth", did you mean right?`},
		"unique":              {two + "join: [{left: a, right: b, on: a.t == b.t, unique: 1}]", "p.yaml:4:52: unique must be true or false, but this is a number"},
		"unknown left":        {two + "join: [{left: x, right: b, on: a.t == b.t}]", `p.yaml:4:15: there is no stream "x": there is a, b, out`},
		"unknown right":       {two + "join: [{left: a, right: bb, on: a.t == b.t}]", `p.yaml:4:25: there is no stream "bb", did you mean b?`},
		"joined to itself":    {two + "join: [{left: b, right: b, on: b.t == b.t}]", `p.yaml:4:25: the stream "b" is joined to itself: declare the same file as a second stream, and join that`},
		"master on the right": {two + "join: [{left: b, right: a, on: a.t == b.t}]", `p.yaml:4:25: "a" is the master, so it can't be joined to "b": swap left and right, or choose another master`},
		"two parents": {
			streams + "master: a\noutput: out\njoin:\n- {left: a, right: b, on: a.t == b.t}\n- {left: a, right: c, on: a.t == c.t}\n" +
				"- {left: b, right: c, on: b.t == c.t}\n",
			`p.yaml:7:20: the stream "c" is already joined to "a" in line 6: declare the same file as another stream to use it twice`,
		},
		"loop": {
			streams + "master: a\noutput: out\njoin:\n- {left: c, right: b, on: c.t == b.t}\n- {left: b, right: c, on: b.t == c.t}\n",
			`p.yaml:5:20: the joins go round in a circle: "b" does not lead to the master "a"`,
		},
		"in the air": {
			streams + "master: a\noutput: out\njoin: [{left: b, right: c, on: b.t == c.t}]\n",
			`p.yaml:4:15: the stream "b" is neither the master nor the right of a join, so "c" would hang in the air: join "b" as well`,
		},
		"standard input twice": {
			"streams: {a: {file: '-'}, b: {file: '-'}, out: {file: '-'}}\nmaster: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t}]",
			`p.yaml:1:37: standard input can be read once only, and "a" reads it already`,
		},

		"on is empty":         {two + "join: [{left: a, right: b, on: ''}]", `p.yaml:4:32: on must compare two keys, as in "LEFT.time + 10 == RIGHT.time"`},
		"on is no comparison": {two + "join: [{left: a, right: b, on: a.t}]", `p.yaml:4:32: on must compare two keys, as in "LEFT.time + 10 == RIGHT.time"`},
		"on with less":        {two + "join: [{left: a, right: b, on: a.t < b.t}]", `p.yaml:4:32: on must compare two keys, as in "LEFT.time + 10 == RIGHT.time"`},
		"on with one =":       {two + "join: [{left: a, right: b, on: a.t = b.t}]", "p.yaml:4:36: unexpected =, did you mean ==?"},
		"on mixed":            {two + "join: [{left: a, right: b, on: a.t - b.t == 0}]", "p.yaml:4:32: a.t - b.t uses both a and b: each side of == must be about one of them"},
		"on one-sided":        {two + "join: [{left: a, right: b, on: a.t == a.u}]", `p.yaml:4:32: both sides of == are about "a": one must be about "a", the other about "b"`},
		"on a constant":       {two + "join: [{left: a, right: b, on: a.t == 7}]", "p.yaml:4:39: 7 names neither a nor b: each side of == must be about one of them"},
		"on a third": {
			streams + "master: a\noutput: out\njoin:\n- {left: a, right: b, on: a.t == b.t}\n- {left: a, right: c, on: a.t == c.t + b.t}\n",
			"p.yaml:6:40: this join is between a and c, so it can't use b",
		},
		"on misspelt stream":   {"streams: {a: {file: a}, robot: {file: b}, out: {file: c}}\nmaster: a\noutput: out\njoin: [{left: a, right: robot, on: a.t == robto.t}]", "p.yaml:4:43: unknown name robto, did you mean robot?"},
		"on misspelt function": {two + "join: [{left: a, right: b, on: a.t == flor(b.t)}]", "p.yaml:4:39: unknown name flor, did you mean floor?"},
		"on unclosed":          {two + "join: [{left: a, right: b, on: (a.t + 1 == b.t}]", "p.yaml:4:47: the expression ends here, but something is missing"},
		"on types":             {two + `join: [{left: a, right: b, on: 'string(a.t) == int(b.t)'}]`, "p.yaml:4:32: keys must be of one kind, but left is text (string(a.t)) and right is a number (int(b.t))"},
		"on list":              {two + `join: [{left: a, right: b, on: '[a.t] == b.t'}]`, "p.yaml:4:32: [a.t] is a list or object, which has no order"},
		"on in a quoted text":  {two + `join: [{left: a, right: b, on: "a[\"t\"] == b.t + wrong"}]`, "p.yaml:4:51: unknown name wrong: there is b"},
		"on in a block":        {two + "join:\n- left: a\n  right: b\n  on: >-\n    a.t\n    == wrong(b.t)\n", "p.yaml:9:8: unknown name wrong: there is b"},
		"on over two lines":    {two + "join:\n- left: a\n  right: b\n  on: a.t ==\n    wrong(b.t)\n", "p.yaml:8:5: unknown name wrong: there is b"},

		"window is a list":     {joined + "window: [1]\n", "p.yaml:5:9: window must be an expression, {every: 20s} or {count: 3}, but this is a list"},
		"window misspelt":      {joined + "window: {evry: 20s}\n", `p.yaml:5:10: window has no member "evry", did you mean every?`},
		"window is two":        {joined + "window: {every: 20s, count: 3}\n", "p.yaml:5:9: window must be an expression, {every: 20s} or {count: 3}: one of them"},
		"window every":         {joined + "window: {every: 20}\n", `p.yaml:5:17: "20" is not a duration above zero, such as 20s, 500ms or 1h30m`},
		"window count":         {joined + "window: {count: 0}\n", `p.yaml:5:17: "0" is not a whole number above zero`},
		"window of a child":    {joined + "window: floor(b.t)\n", "p.yaml:5:15: unknown name b: there is a"},
		"window syntax":        {joined + "window: floor(a.t\n", "p.yaml:5:18: the expression ends here, but something is missing"},
		"emit is a text":       {joined + "emit: a.t\n", "p.yaml:5:7: emit must be a mapping of names to values, but this is a text"},
		"emit is empty":        {joined + "emit: {}\n", "p.yaml:5:7: emit names no member: leave it out to write the joined elements themselves"},
		"emit member is empty": {joined + "emit: {x: }\n", "p.yaml:5:10: the expression of x must be a text, but this is empty"},
		"emit unknown":         {joined + "emit:\n  x: a.t + bb[0].t\n", "p.yaml:6:12: unknown name bb, did you mean b?"},
		"emit list":            {joined + "emit:\n  x: b.t\n", "p.yaml:6:8: b is a list: write b[0].t for its first item"},
		"emit window":          {joined + "window: {count: 2}\nemit:\n  x: a.t\n", "p.yaml:7:8: a is a list: write a[0].t for its first item"},
		"emit constant":        {joined + "emit:\n  x: '1 / 0'\n", "p.yaml:6:9: division by zero"},
		"emit types":           {joined + "emit:\n  x: \"1 + 'x'\"\n", "p.yaml:6:9: + doesn't fit: left is a number, right is text"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pipeline.Parse("p.yaml", []byte(c.text))
			var where *pipeline.Error
			if !errors.As(err, &where) {
				t.Fatalf("error %v, want %s", err, c.want)
			}
			if err.Error() != c.want {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestConditionsInEveryForm(t *testing.T) {
	for _, on := range []string{
		"a.t == b.t", "b.t == a.t", "(a.t == b.t)", "((a.t) == (b.t))", "(a.t + 1) * 2 == (b.t)", " ( (a.t) + 1 == b.t ) ",
		`replace(a.t, "(", "") == lower(b.t)`, "a['t'] == b?.t", "a.t % 7 == b.t // a comment",
	} {
		text := two + "join:\n- {left: a, right: b, on: '" + strings.ReplaceAll(on, "'", "''") + "'}\n"
		if _, err := pipeline.Parse("p.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", on, err)
		}
	}
}

func TestExcerpt(t *testing.T) {
	_, err := pipeline.Parse("p.yaml", []byte(two+"\n\njoin:\n\n\n\n- {left: a, right: b, on: a.t == bö.x}\n"))
	var where *pipeline.Error
	if !errors.As(err, &where) {
		t.Fatal(err)
	}
	want := "   10 | - {left: a, right: b, on: a.t == bö.x}\n      |                                  ^"
	if got := where.Excerpt(); got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

// FuzzPipeline parses whatever comes: nothing panics, and every error has a place that there is.
func FuzzPipeline(f *testing.F) {
	for _, text := range []string{
		"", joined, joined + "window: {every: 20s}\nemit:\n  x: a.t\n", joined + "window: floor(a.t / 3)\n",
		two + "join:\n- left: a\n  right: b\n  on: |\n    a.t ==\n    b.t + \"x\n", "streams: &x {a: *x}\n", "{}", "[", "a: \"\\x\"",
		"? a\n: b\n", "!!str a: b", "streams:\n  a: {file: '-'}\nmaster: a\noutput: a\n", "\xff", "<<: {a: b}", "a: |2-\n   x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := pipeline.Parse("p.yaml", []byte(text))
		if err == nil {
			_ = p.Plan().String()
			return
		}
		var where *pipeline.Error
		if !errors.As(err, &where) {
			t.Fatalf("%q: the error has no place: %v", text, err)
		}
		lines := strings.Split(text, "\n")
		if where.Line < 1 || where.Line > len(lines) || where.Column < 1 || where.Column > len([]rune(lines[where.Line-1]))+1 {
			t.Fatalf("%q: there is no place %d:%d (%v)", text, where.Line, where.Column, err)
		}
		_ = where.Excerpt()
	})
}

package main

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// Damage behind the end of a join is told of as not looked at, and fails a run that verifies.
func TestVerify(t *testing.T) {
	const rest = " was read up to line 2, not to its end: the rest was not needed, and "
	texts := map[string]string{
		"p.yaml": "streams: {left: {file: left.jsonl}, right: {file: right.jsonl}, out: {file: out.jsonl}}\nmaster: left\n" +
			"output: out\n" +
			"join: [{left: left, right: right, on: left.k == right.k}]\n",
		"left.jsonl":  "{\"k\":1}\n{\"k\":9}\n{\"k\":3}\nrubbish",
		"right.jsonl": "{\"k\":1}\n{\"k\":4}\n",
	}
	w := newWorkplace(t, texts)
	status, stdout, stderr := w.call("", "run", "p.yaml")
	if status != 0 || stderr != "" || !strings.HasSuffix(stdout,
		"left"+rest+"not looked at\n") || strings.Contains(stdout, "right was") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = w.call("", "run", "--verify", "p.yaml")
	if status != 1 || stdout != "" || !strings.HasPrefix(stderr, "verifying what the join didn't need: left.jsonl:3:1 ") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	texts["left.jsonl"] = "{\"k\":1}\n{\"k\":9}\n{\"k\":9}\n{\"k\":10}\n"
	w = newWorkplace(t, texts)
	status, stdout, stderr = w.call("", "run", "--verify", "p.yaml")
	if status != 0 || stderr != "" || !strings.HasSuffix(stdout, "left"+rest+"its elements, 2, are sound\n") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
}

// Where the data timeout has ended the session, nobody can know whether there is more, and nothing says that it wasn't
// needed.
func TestExtentsBehindADataTimeout(t *testing.T) {
	var out strings.Builder
	printExtents(&out, []pipeline.StreamProgress{
		{Name: "orders", TimedOut: true, Offset: 10},
		{Name: "items", Offset: 11},
		{Name: "parts", TimedOut: true},
		{Name: "halts", Ended: true},
		{Name: "rates", Line: 3, Verified: true, Beyond: 2},
	}, false)
	const want = "orders was read up to offset 10, until nothing more came\n" +
		"items was read up to offset 11, until nothing more came of orders, parts\n" +
		"parts was read until nothing more came\n" +
		"rates was read up to line 3, not to its end: the rest was not needed, and its elements, 2, are sound\n"
	if got := out.String(); got != want {
		t.Errorf("%s", got)
	}
}

// Of a run that was interrupted nobody knows what it would have needed.
func TestExtentsOfAnInterruptedRun(t *testing.T) {
	var out strings.Builder
	printExtents(&out, []pipeline.StreamProgress{
		{Name: "orders", Line: 3},
		{Name: "items", Offset: 11},
		{Name: "parts"},
		{Name: "halts", Ended: true},
	}, true)
	const want = "orders was read up to line 3, when the run was interrupted\n" +
		"items was read up to offset 11, when the run was interrupted\n" +
		"parts was being read when the run was interrupted\n"
	if got := out.String(); got != want {
		t.Errorf("%s", got)
	}
}

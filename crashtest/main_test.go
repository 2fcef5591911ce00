package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/crashtest/internal/report"
)

func TestParse(t *testing.T) {
	c, err := parse([]string{"-kills", "200", "-disturb", "kill,cut", "-seed", "7"}, io.Discard)
	must(t, err)
	if c.kills != 200 || c.seed != 7 || !c.faults[kills] || !c.faults[cuts] || len(c.faults) != 2 {
		t.Errorf("got %+v", c)
	}
}

// Mistakes are answered with what would be right.
func TestParseMistakes(t *testing.T) {
	for _, c := range []struct{ arguments, want string }{
		{"-disturb kil", `no fault "kil": choose from kill,cut,rebalance,zombie,server,broker,freeze,grow`},
		{"-kills 3 -disturb cut", `needs "kill"`},
		{"-brokers 2", "of two, none may be away"},
		{"-disturb broker", "need -brokers 3"},
		{"-disturb freeze", "need -brokers 3"},
		{"-brokers 3 -disturb cut", "takes one broker"},
		{"-brokers 3 -away 10s", "more than 15s"},
		{"-brokers 3 -frozen 35s", "more than 35s"},
		{"-storage oracle", "is none of kafka, postgres"},
		{"-storage postgres -brokers 3", "-brokers is for Kafka only"},
		{"-storage postgres -disturb grow", `no fault "grow"`},
		{"-workload near", "choose from chain, joins, silent"},
		{"-storage redis -workload silent", "silent is for Kafka only"},
		{"-kills -1", "can't be negative"},
		{"-instances 0", "at least one instance"},
		{"more", `"more" is too much`},
	} {
		if _, err := parse(strings.Fields(c.arguments), io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.arguments, err, c.want)
		}
	}
}

// Only what was chosen is drawn, and all of it.
func TestDraw(t *testing.T) {
	c, err := parse([]string{"-disturb", "server,cut", "-seed", "1"}, io.Discard)
	must(t, err)
	in := newInjector(&crashTest{config: c, load: &load{}, Report: report.New(io.Discard)}, nil)
	drawn := map[fault]int{}
	for range 200 {
		drawn[in.draw()]++
	}
	if len(drawn) != 2 || drawn[servers] == 0 || drawn[cuts] < drawn[servers] {
		t.Errorf("got %v", drawn)
	}
}

// The test ends when there were enough kills, or without a number of them when the time is up.
func TestEnough(t *testing.T) {
	c, err := parse([]string{"-kills", "2"}, io.Discard)
	must(t, err)
	in := newInjector(&crashTest{config: c, load: &load{}, Report: report.New(io.Discard)}, nil)
	in.Note("kills", 1)
	if in.enough(time.Now().Add(-time.Hour)) {
		t.Error("one kill of two is enough")
	}
	in.Note("kills", 1)
	if !in.enough(time.Now().Add(time.Hour)) {
		t.Error("two kills of two aren't enough")
	}
	c.kills = 0
	if !in.enough(time.Now().Add(-time.Second)) || in.enough(time.Now().Add(time.Hour)) {
		t.Error("without a number of kills, the time doesn't count")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

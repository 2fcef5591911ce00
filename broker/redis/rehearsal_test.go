package redis_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/redis"
)

// keys returns all keys of the server's database.
func (d *database) keys() []string {
	d.Helper()
	all, err := d.do("KEYS", "*").StringSlice()
	d.must(err)
	slices.Sort(all)
	return all
}

// Before a run it is told what would make it fail when it writes, or lets it lose what it has written; nothing is left behind.
func TestRehearsal(t *testing.T) {
	d := newDatabase(t)
	d.do("SET", "leat:positions:"+d.key("text"), "x")
	d.Cleanup(func() { d.do("DEL", "leat:positions:"+d.key("text")) })
	for user, rights := range map[string][]any{
		"all":     {"~*", "+@all"},
		"unkept":  {"~" + d.prefix + "*", "+@all"},
		"unset":   {"~*", "+@all", "-hset"},
		"unnamed": {"~*", "+@all", "-config"},
	} {
		name := d.key(user)
		d.do(append([]any{"ACL", "SETUSER", name, "on", ">hush-hush"}, rights...)...)
		d.Cleanup(func() { d.do("ACL", "DELUSER", name) })
	}
	before := d.keys()
	for _, test := range []struct {
		user, name string
		outputs    bool
		results    []string
		refused    int
		want       string // of the error
		advice     string
	}{
		{user: "all", name: "new", outputs: true, refused: -1},
		{user: "all", name: "new", refused: -1},
		{user: "all", name: "text", outputs: true, refused: -1, want: "something else than positions"},
		{user: "all", name: "text", refused: -1, want: "something else than positions"},
		{user: "unkept", name: "new", outputs: true, refused: -1, want: "~leat:positions:*"},
		{user: "unset", name: "new", outputs: true, refused: -1, want: "NOPERM"},
		{user: "unset", name: "new", refused: -1, want: "NOPERM"},
		{user: "unnamed", name: "new", outputs: true, refused: -1, advice: "+config|get"},
		{user: "all", name: "new", outputs: true, results: []string{`{"id":1}`, `7`}, refused: 1, want: "JSON object"},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			b := redis.New(server.URL(d.key(test.user), "hush-hush", 0), redis.Name(d.key(test.name)),
				redis.Stream[object](d.key("new"), redis.Fields()))
			job := &broker.Job{Name: "test", Looking: true, Logger: slog.New(slog.DiscardHandler)}
			if test.outputs {
				job.Outputs = b.Streams()
			}
			var results []broker.Result
			for _, r := range test.results {
				results = append(results, broker.Result{Value: []byte(r)})
			}
			advice, refused, err := b.Rehearse(t.Context(), job, results)
			if refused != test.refused || (err == nil) != (test.want == "") {
				t.Errorf("got the error %v of %d", err, refused)
			}
			if err != nil {
				expectError(t, err, test.want)
			}
			if all := strings.Join(advice, "\n"); !strings.Contains(all, test.advice) || test.advice == "" && all != "" {
				t.Errorf("the advice is %q", advice)
			}
		})
	}
	if after := d.keys(); !slices.Equal(before, after) {
		t.Errorf("there were the keys %v, and then %v", before, after)
	}
}

// A server without memory is told before a run.
func TestRehearsalOfFullServer(t *testing.T) {
	d := newDatabase(t)
	d.do("CONFIG", "SET", "maxmemory", "1mb")
	d.Cleanup(func() { d.do("CONFIG", "SET", "maxmemory", "0") })
	b := redis.New(d.url, redis.Name(d.key("full")), redis.Stream[object](d.key("new")))
	job := &broker.Job{Name: "test", Looking: true, Logger: slog.New(slog.DiscardHandler), Outputs: b.Streams()}
	_, _, err := b.Rehearse(t.Context(), job, nil)
	expectError(t, err, "OOM", "raise maxmemory")
}

// What a server's settings may lose is told before a run, as the run's log tells it.
func TestRehearsalOfWeakServer(t *testing.T) {
	d := newDatabase(t)
	for setting, value := range map[string][2]string{"appendfsync": {"everysec", "always"},
		"maxmemory-policy": {"allkeys-lru", "noeviction"}, "maxmemory": {"1gb", "0"}} {
		d.do("CONFIG", "SET", setting, value[0])
		d.Cleanup(func() { d.do("CONFIG", "SET", setting, value[1]) })
	}
	b := redis.New(d.url, redis.Name(d.key("weak")), redis.Stream[object](d.key("new")))
	job := &broker.Job{Name: "test", Looking: true, Logger: slog.New(slog.DiscardHandler), Outputs: b.Streams()}
	advice, _, err := b.Rehearse(t.Context(), job, nil)
	d.must(err)
	for _, want := range []string{"at least once", "CONFIG SET appendfsync always", "CONFIG SET maxmemory-policy noeviction"} {
		if !strings.Contains(strings.Join(advice, "\n"), want) {
			t.Errorf("the advice is %q, without %q", advice, want)
		}
	}
}

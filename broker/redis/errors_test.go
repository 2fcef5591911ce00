package redis_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/redis"
	"github.com/leat-go/leat/internal/redisserver"
)

type object = map[string]any

// open opens source and sink, as far as there are inputs and outputs, and closes them.
func open(t testing.TB, b *redis.Broker, inputs, outputs int, logger *slog.Logger) error {
	t.Helper()
	job := &broker.Job{Name: "test", Logger: logger}
	job.Inputs, job.Outputs = b.Streams()[:inputs], b.Streams()[inputs:inputs+outputs]
	if inputs > 0 {
		in, err := b.OpenSource(t.Context(), job)
		if err != nil {
			return err
		}
		defer in.Close()
	}
	if outputs == 0 {
		return nil
	}
	looking := *job
	looking.Looking = true
	_, refused, rehearsed := b.Rehearse(t.Context(), &looking, nil)
	out, err := b.OpenSink(t.Context(), job)
	if (rehearsed == nil) != (err == nil) || refused != -1 {
		t.Errorf("before a run check says %v (%d), and the run %v", rehearsed, refused, err)
	}
	if err != nil {
		return errors.Join(rehearsed, err)
	}
	return out.Close()
}

// expectError looks for what an error must say, and for what it mustn't.
func expectError(t testing.TB, err error, want ...string) {
	t.Helper()
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("the error is %q, wanted one with %q", fmt.Sprint(err), w)
		}
	}
	for _, secret := range []string{"hush-hush", redisserver.Password} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

// A wrong setup is refused at the start, with what would be right, and without secrets.
func TestWrongSetupIsRefused(t *testing.T) {
	d := newDatabase(t)
	d.add("clicks", "id", 1)
	d.do("SET", d.key("text"), "x")
	d.do("XADD", d.key("full"), "18446744073709551615-1", "id", 1)
	d.do("ACL", "SETUSER", "guest", "on", ">hush-hush", "~"+d.key("text"), "+@all")
	d.do("ACL", "SETUSER", "reader", "on", ">hush-hush", "~*", "+@read", "+@connection")
	d.do("ACL", "SETUSER", "writer", "on", ">hush-hush", "~*", "+@all", "-xadd")
	d.Cleanup(func() { d.do("ACL", "DELUSER", "guest", "reader", "writer") })
	as := func(user string) string { return server.URL(user, "hush-hush", 0) }
	for _, test := range []struct {
		name, url       string
		inputs, outputs int
		stream          string
		want            []string
	}{
		{"password", as("default"), 1, 0, "clicks", []string{"WRONGPASS", "the user or the password is wrong"}},
		{"no password", "redis://" + server.Address(), 1, 0, "clicks", []string{"NOAUTH", "the server asks for a user and a password"}},
		{"no such user", as("nobody"), 1, 0, "clicks", []string{"nobody@127.0.0.1", "WRONGPASS"}},
		{"no such host", "redis://x:hush-hush@nobody.invalid", 1, 0, "clicks", []string{"nobody.invalid"}},
		{"no url", "redis://x:hush-hush@127.0.0.1:none", 1, 0, "clicks", []string{"it looks like redis://"}},
		{"a slash in the password", "redis://x:hush-hush/1@127.0.0.1", 1, 0, "clicks", []string{"it looks like redis://"}},
		{"no database", server.URL("default", redisserver.Password, 99), 1, 0, "clicks",
			[]string{"DB index is out of range", "a database that the server has"}},
		{"TLS", "rediss://x:hush-hush@" + server.Address(), 1, 0, "clicks",
			[]string{"by TLS", "begins with redis in place of rediss"}},
		{"no stream", d.url, 1, 0, "click", []string{"there is no stream", "did you mean " + d.key("clicks")}},
		{"no stream to read", d.url, 1, 0, "text", []string{"WRONGTYPE", "something else than a stream"}},
		{"no stream to write", d.url, 0, 1, "text", []string{"output stream " + d.key("text"), "something else than a stream"}},
		{"ids used up", d.url, 0, 1, "full", []string{"ids must grow"}},
		{"no right to read", as("guest"), 1, 0, "clicks", []string{"NOPERM", "ACL SETUSER", "~" + d.key("clicks") + " +xrange"}},
		{"no right to write", as("writer"), 0, 1, "clicks", []string{"NOPERM", "~" + d.key("clicks") + " +eval +evalsha +xadd"}},
		{"no right to keep positions", as("reader"), 0, 1, "clicks", []string{"NOPERM", "~leat:positions:*"}},
		{"all is well", d.url, 1, 0, "clicks", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := redis.New(test.url, redis.Stream[object](d.key(test.stream)))
			err := open(t, b, test.inputs, test.outputs, slog.New(slog.DiscardHandler))
			if (err == nil) != (test.want == nil) {
				t.Errorf("opening it gave the error %v", err)
			}
			expectError(t, err, test.want...)
		})
	}
}

// A user with the rights that the package's documentation names may read, write and keep positions.
func TestDocumentedRights(t *testing.T) {
	d := newDatabase(t)
	d.add("orders", "id", 1)
	d.add("orders", "eos__", "true")
	d.do("ACL", "SETUSER", "exact", "on", ">hush-hush", "resetkeys", "~"+d.key("orders"), "~"+d.key("totals"),
		"~leat:positions:*", "-@all", "+xrange", "+xrevrange", "+xread", "+xinfo|stream", "+multi", "+exec", "+eval", "+evalsha", "+xadd",
		"+hget", "+hmget", "+hset", "+time")
	d.Cleanup(func() { d.do("ACL", "DELUSER", "exact") })
	mill, err := leat.New(func(o order) total { return total{ID: o.ID} }, leat.Name(d.prefix+"totals"), quiet,
		leat.Broker(redis.New(server.URL("exact", "hush-hush", 0), redis.Stream[order](d.key("orders")),
			redis.Stream[total](d.key("totals")))))
	d.must(err)
	d.must(mill.Run(t.Context()))
	if got := d.entries("totals"); len(got) != 2 { // the result, and the mark
		t.Errorf("there is %v", got)
	}
}

// A result that no entry can hold ends the run with what would be right, and leaves nothing.
func TestWrongResults(t *testing.T) {
	d := newDatabase(t)
	many := object{}
	for i := range 4000 {
		many[fmt.Sprint(i)] = i
	}
	for what, test := range map[string]struct {
		result any
		want   string
	}{
		"a mark":          {object{"eos__": 1}, "end-of-stream mark"},
		"nothing":         {object{"a": nil}, "at least one field"},
		"a document":      {object{"json": "x"}, "name the member otherwise"},
		"no object":       {[]int{1}, "a result is a JSON object"},
		"too many fields": {many, "takes 3900 fields"},
	} {
		t.Run(what, func(t *testing.T) {
			input := memory.New(memory.Stream[order]("orders"))
			d.must(memory.Append(input, "orders", 0, order{ID: 1}, order{ID: 2}))
			d.must(input.End("orders"))
			mill, err := leat.New(func(order) any { return test.result }, leat.Name(d.prefix+what), quiet, leat.From(input),
				leat.To(redis.New(d.url, redis.Stream[any](d.key("results"), redis.Fields()))))
			d.must(err)
			expectError(t, mill.Run(t.Context()), "output stream "+d.key("results"), test.want)
			if got := d.entries("results"); len(got) > 0 {
				t.Errorf("there is %v", got)
			}
		})
	}
}

// A server without memory ends the run with what would mend it, and a commit leaves nothing of its results.
func TestOutOfMemory(t *testing.T) {
	d := newDatabase(t)
	input := memory.New(memory.Stream[order]("orders"))
	d.must(memory.Append(input, "orders", 0, order{ID: 1}, order{ID: 2}))
	d.must(input.End("orders"))
	b := redis.New(d.url, redis.Stream[total](d.key("totals")), redis.Name(d.prefix+"totals"))
	mill, err := leat.New(func(o order) total {
		d.do("CONFIG", "SET", "maxmemory", "1mb")
		return total{ID: o.ID}
	}, leat.Name("totals"), quiet, leat.From(input), leat.To(b))
	d.must(err)
	err = mill.Run(t.Context())
	d.do("CONFIG", "SET", "maxmemory", "0")
	expectError(t, err, "OOM", "trim streams by XTRIM, or raise maxmemory")
	if got := d.entries("totals"); len(got) > 0 {
		t.Errorf("there is %v", got)
	}
	again, err := leat.New(func(o order) total { return total{ID: o.ID} }, leat.Name("totals"), quiet, leat.From(input),
		leat.To(b))
	d.must(err)
	d.must(again.Run(t.Context()))
	if got := d.totals(); len(got) != 2 {
		t.Errorf("there are %v", got)
	}
}

// What a server doesn't keep is told in the log, with what would be right, and the run's first line says at least once.
func TestDurability(t *testing.T) {
	if server == nil {
		t.Skip("Redis isn't installed")
	}
	weak, err := redisserver.Start(t.Context(), filepath.Join(t.TempDir(), "server"))
	if err != nil {
		t.Fatal(err)
	}
	d := newDatabaseOn(t, weak)
	defer func() {
		// A process of its own rewrites the log when that is switched on, and goes on in the folder that is to be removed.
		for strings.Contains(fmt.Sprint(d.do("INFO", "persistence")), "aof_rewrite_in_progress:1") {
			<-time.After(5 * time.Millisecond)
		}
		_ = weak.Kill()
	}()
	d.do("ACL", "SETUSER", "managed", "on", ">hush-hush", "~*", "+@all", "-config", "-info")
	for name, test := range map[string]struct {
		settings []any
		user     string
		want     []string
	}{
		"durable":   {nil, "", nil},
		"everysec":  {[]any{"appendfsync", "everysec"}, "", []string{"appendfsync is everysec", "CONFIG SET appendfsync always"}},
		"no file":   {[]any{"appendonly", "no"}, "", []string{"CONFIG SET appendonly yes"}},
		"rewriting": {[]any{"no-appendfsync-on-rewrite", "yes"}, "", []string{"CONFIG SET no-appendfsync-on-rewrite no"}},
		"evicting": {[]any{"maxmemory", "1gb", "maxmemory-policy", "allkeys-lru"}, "",
			[]string{"maxmemory-policy is allkeys-lru", "noeviction"}},
		"unknown": {nil, "managed", []string{"can't be looked at", "+config|get"}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.settings != nil {
				d.do(append([]any{"CONFIG", "SET"}, test.settings...)...)
			}
			url := d.url
			if test.user != "" {
				url = weak.URL(test.user, "hush-hush", 0)
			}
			b := redis.New(url, redis.Stream[total](d.key("totals")))
			log := &lines{}
			d.must(open(t, b, 0, 1, slog.New(slog.NewTextHandler(log, nil))))
			d.do("CONFIG", "SET", "appendonly", "yes", "appendfsync", "always", "no-appendfsync-on-rewrite", "no", "maxmemory", "0")
			guarantee := broker.ExactlyOnce
			if test.want != nil {
				guarantee = broker.AtLeastOnce
			}
			if b.Guarantee() != guarantee || test.want == nil && strings.Contains(log.String(), "lost") {
				t.Errorf("the guarantee is %v, wanted %v; the log says %s", b.Guarantee(), guarantee, log)
			}
			expectError(t, fmt.Errorf("%s", log), test.want...)
		})
	}
}

// A replica takes no results, and its master tells that a takeover may lose some.
func TestReplica(t *testing.T) {
	d := newDatabase(t)
	replica, err := redisserver.Start(t.Context(), filepath.Join(t.TempDir(), "server"), "--masterauth", redisserver.Password,
		"--replicaof", strings.ReplaceAll(server.Address(), ":", " "),
		"--appendonly", "no") // what it gets at first it would write anew, by a process that outlives it
	d.must(err)
	defer func() { _ = replica.Kill() }()
	d.wait("the replica is there", func() bool {
		return strings.Contains(d.client.Info(context.Background(), "replication").Val(), "state=online")
	})
	b := redis.New(d.url, redis.Stream[total](d.key("totals")))
	log := &lines{}
	d.must(open(t, b, 0, 1, slog.New(slog.NewTextHandler(log, nil))))
	if b.Guarantee() != broker.AtLeastOnce || !strings.Contains(log.String(), "replicas") {
		t.Errorf("the guarantee is %v, and the log says %s", b.Guarantee(), log)
	}
	b = redis.New(replica.URL("default", redisserver.Password, 0), redis.Stream[total](d.key("totals")))
	expectError(t, open(t, b, 0, 1, slog.New(slog.DiscardHandler)), "READONLY", "connect to its master")
}

// In a cluster, streams are found where they are, and outputs and positions must be in one hash slot.
func TestCluster(t *testing.T) {
	if server == nil {
		t.Skip("Redis isn't installed")
	}
	node, err := redisserver.Start(t.Context(), filepath.Join(t.TempDir(), "server"), "--cluster-enabled", "yes",
		"--cluster-announce-ip", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Kill() }()
	d := newDatabaseOn(t, node)
	d.do("CLUSTER", "ADDSLOTSRANGE", 0, math.MaxUint16>>2)
	d.wait("the cluster is ready", func() bool {
		return strings.Contains(d.client.ClusterInfo(context.Background()).Val(), "cluster_state:ok")
	})
	b := redis.New(d.url, redis.Stream[total]("totals"), redis.Name("totals"))
	expectError(t, open(t, b, 0, 1, slog.New(slog.DiscardHandler)), "CROSSSLOT", "{shop}totals")
	b = redis.New(d.url, redis.Stream[total]("{shop}totals"), redis.Name("{shop}totals"))
	d.must(open(t, b, 0, 1, slog.New(slog.DiscardHandler)))
}

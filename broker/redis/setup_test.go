package redis_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/internal/redisserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// server is the Redis of all tests; nil where there is none. Each test has streams and positions of its own.
var server *redisserver.Server

// databases counts the tests' names.
var databases atomic.Int32

func TestMain(m *testing.M) { os.Exit(fixture.Main(m, "LEAT_TEST_REDIS", start)) }

// start starts the server of all tests.
func start(ctx context.Context, dir string) (stop func() error, err error) {
	if server, err = redisserver.Start(ctx, dir); err != nil {
		return nil, err
	}
	return server.Kill, nil
}

// A database is one of a test, with a raw client. Its names begin with what no other test has.
type database struct {
	testing.TB
	prefix string
	url    string
	client *goredis.Client
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	if server == nil {
		t.Skip("Redis isn't installed")
	}
	return newDatabaseOn(t, server)
}

func newDatabaseOn(t testing.TB, s *redisserver.Server) *database {
	d := &database{TB: t, prefix: fmt.Sprintf("test%d-", databases.Add(1)), url: s.URL("default", redisserver.Password, 0)}
	d.connect()
	t.Cleanup(func() { _ = d.client.Close() })
	return d
}

// connect makes the raw client, which sends nothing twice.
func (d *database) connect() {
	options, err := goredis.ParseURL(d.url)
	d.must(err)
	options.MaxRetries = -1
	options.ReadTimeout, options.WriteTimeout = time.Minute, time.Minute
	d.client = goredis.NewClient(options)
}

func (d *database) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// do sends a command.
func (d *database) do(command ...any) *goredis.Cmd {
	d.Helper()
	answer := d.client.Do(context.Background(), command...)
	if !errors.Is(answer.Err(), goredis.Nil) {
		d.must(answer.Err())
	}
	return answer
}

// key is the key of one of the test's streams.
func (d *database) key(name string) string { return d.prefix + name }

// add adds an entry, with an id of the server.
func (d *database) add(stream string, fields ...any) {
	d.Helper()
	d.do(append([]any{"XADD", d.key(stream), "*"}, fields...)...)
}

// entries returns what a stream holds.
func (d *database) entries(stream string) []goredis.XMessage {
	d.Helper()
	all, err := d.client.XRange(context.Background(), d.key(stream), "-", "+").Result()
	d.must(err)
	return all
}

// wait waits until a condition holds.
func (d *database) wait(what string, holds func() bool) {
	d.Helper()
	for begin := time.Now(); !holds(); {
		if time.Since(begin) > time.Minute {
			d.Fatalf("after a minute, still not: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

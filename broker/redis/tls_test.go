package redis_test

import (
	"crypto/tls"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker/redis"
	"github.com/leat-go/leat/internal/redisserver"
	"github.com/leat-go/leat/internal/testserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// A server that speaks TLS is read by a url that begins with rediss; a certificate that isn't known ends the run at once.
func TestTLS(t *testing.T) {
	if server == nil {
		t.Skip("Redis isn't installed")
	}
	authority := fixture.NewAuthority(t)
	dir := t.TempDir()
	certificate, key := authority.Certify(dir, "server")
	port, err := testserver.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s, err := redisserver.Start(t.Context(), filepath.Join(dir, "server"), "--tls-port", strconv.Itoa(port),
		"--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Kill() }()
	d := newDatabaseOn(t, s)
	d.add("clicks", "id", 1)
	url := "rediss://:" + redisserver.Password + "@127.0.0.1:" + strconv.Itoa(port)
	stream := redis.Stream[object](d.key("clicks"))
	trusted := authority.Pool()
	trust := redis.Configure(func(o *goredis.Options) { o.TLSConfig.RootCAs = trusted })
	quiet := slog.New(slog.DiscardHandler)
	d.must(open(t, redis.New(url, stream, trust), 1, 0, quiet))
	d.must(open(t, redis.New(url, stream, trust), 0, 1, quiet))
	// A configuration that doesn't name the server, as a pipeline file gives it, gets the name from the url.
	unnamed := redis.Configure(func(o *goredis.Options) { o.TLSConfig = &tls.Config{RootCAs: trusted} })
	d.must(open(t, redis.New(url, stream, unnamed), 1, 0, quiet))
	expectError(t, open(t, redis.New(url, stream), 1, 0, quiet), "certificate", "redis.Configure in Go")
	other := strings.Replace(url, "127.0.0.1", "localhost", 1)
	expectError(t, open(t, redis.New(other, stream, trust), 1, 0, quiet), "certificate is valid for")
}

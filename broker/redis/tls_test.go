package redis_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker/redis"
	"github.com/leat-go/leat/internal/redisserver"
)

// freePort returns a port that nobody listened on a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// A server that speaks TLS is read by a url that begins with rediss; a certificate that isn't known ends the run at once.
func TestTLS(t *testing.T) {
	if server == nil {
		t.Skip("Redis isn't installed")
	}
	// The test server of net/http has a certificate for 127.0.0.1.
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	dir := t.TempDir()
	certificate := certified.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"certificate": {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}, "key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	port := freePort(t)
	s, err := redisserver.Start(t.Context(), filepath.Join(dir, "server"), "--tls-port", strconv.Itoa(port),
		"--tls-cert-file", filepath.Join(dir, "certificate"), "--tls-key-file", filepath.Join(dir, "key"),
		"--tls-auth-clients", "no")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Kill() }()
	d := newDatabaseOn(t, s)
	d.add("clicks", "id", 1)
	url := "rediss://:" + redisserver.Password + "@127.0.0.1:" + strconv.Itoa(port)
	stream := redis.Stream[object](d.key("clicks"))
	trusted := x509.NewCertPool()
	trusted.AddCert(certified.Certificate())
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

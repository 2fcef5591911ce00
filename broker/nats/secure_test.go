package nats_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"github.com/leat-go/leat/broker/nats"
)

// certificate makes one for loopback, signed by itself, and returns its files and who trusts it.
func certificate(t testing.TB) (certificate, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(t.TempDir(), "certificate.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der},
		key: {Type: "EC PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trust = x509.NewCertPool()
	trust.AddCert(signed)
	return certificate, key, trust
}

// A server with TLS is told from one that somebody else runs, and from one without.
func TestTLS(t *testing.T) {
	file, key, trust := certificate(t)
	config := &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS13}
	s := ownSpace(t, fmt.Sprintf("tls {cert_file: %q, key_file: %q}", file, key), natsgo.Secure(config))
	s.make("in", "in")
	for name, test := range map[string]struct {
		options []nats.Option
		want    string
	}{
		"trusted":     {[]nats.Option{nats.TLS(config)}, ""},
		"not trusted": {[]nats.Option{nats.TLS(&tls.Config{MinVersion: tls.VersionTLS13})}, "certificate"},
		"left out":    {nil, "certificate"}, // the client takes up TLS where the server asks for it
	} {
		t.Run(name, func(t *testing.T) {
			b := nats.New(s.server.URL(), append(test.options, nats.Subject[order](s.subject("in")))...)
			err := open(t, slog.New(slog.DiscardHandler), b, 1, 0)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("opening returns %v, wanted %q", err, test.want)
			}
		})
	}
}

// rights are those of the package's documentation for a mill.
const rights = `authorization {users: [
	{user: leat, password: "top-secret"},
	{user: mill, password: "top-secret", permissions: {
		publish: ["%[1]s.totals", "leat.positions.%[1]s.>",
			"$JS.API.STREAM.INFO.>", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>",
			"$JS.API.STREAM.MSG.GET.>", "$JS.API.STREAM.PURGE.>",
			"$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.MSG.NEXT.>", "$JS.API.CONSUMER.DELETE.>"],
		subscribe: "_INBOX.>"}},
]}`

// The rights that the documentation names are enough.
func TestRights(t *testing.T) {
	name := fmt.Sprint("t", names.Load()+1)
	s := newShop(ownSpace(t, fmt.Sprintf(rights, name), userOfTests...), 20)
	if s.name != name {
		t.Fatalf("the space is called %s, not %s", s.name, name)
	}
	var log lines
	mill, err := s.mill(s.server.URL(), log.logger(), nats.User("mill", "top-secret"))
	s.must(err)
	stop := s.start(mill)
	s.finish()
	_ = stop()
	if strings.Contains(log.String(), "ermission") {
		t.Errorf("the server refuses something:\n%s", &log)
	}
}

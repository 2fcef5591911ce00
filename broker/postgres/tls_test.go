package postgres_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
)

// An authority signs certificates.
type authority struct {
	*database
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func (d *database) newAuthority() *authority {
	d.Helper()
	a := &authority{database: d}
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	d.must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of tests"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	d.must(err)
	a.certificate, err = x509.ParseCertificate(der)
	d.must(err)
	return a
}

// file writes the authority's certificate to a file, and returns its path.
func (a *authority) file() string {
	path := filepath.Join(a.TempDir(), "ca.pem")
	a.must(os.WriteFile(path, encoded("CERTIFICATE", a.certificate.Raw), 0o600))
	return path
}

func encoded(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// serve has the server take connections by TLS, with a certificate for 127.0.0.1, until the test ends.
func (a *authority) serve() {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	a.must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	a.must(err)
	// The files are the server's, which runs as another user.
	for name, text := range map[string][]byte{"server.crt": encoded("CERTIFICATE", der),
		"server.key": encoded("PRIVATE KEY", secret)} {
		a.exec("COPY (SELECT regexp_split_to_table('" + strings.TrimSpace(string(text)) + "', E'\\n')) TO PROGRAM " +
			"'umask 077; cat > " + name + "'")
	}
	a.exec("ALTER SYSTEM SET ssl = on")
	a.exec("SELECT pg_reload_conf()")
	a.Cleanup(func() {
		a.exec("ALTER SYSTEM RESET ssl")
		a.exec("SELECT pg_reload_conf()")
	})
	a.wait("SELECT FROM pg_settings WHERE name = 'ssl' AND setting = 'on'")
}

// TLS is checked as the url says. What doesn't go away by itself ends a run at once, with what would mend it.
func TestTLS(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE orders (id bigint PRIMARY KEY)")
	ours, other := d.newAuthority(), d.newAuthority()
	urlWith := func(mode string) string { return strings.Replace(d.url, "sslmode=disable", "sslmode="+mode, 1) }
	d.expectOpened(urlWith("require"), "server refused TLS connection", "ssl = on")
	ours.serve()
	trusting := "verify-full&sslrootcert=" + ours.file()
	d.expectOpened(urlWith(trusting))
	d.expectOpened(urlWith("verify-full&sslrootcert="+other.file()), "signed by unknown authority", "sslrootcert=FILE")
	d.expectOpened(strings.Replace(urlWith(trusting), "127.0.0.1", "localhost", 1), "localhost",
		"the host that the certificate is made out to")
	d.expectOpened(strings.Replace(urlWith("verify-ca&sslrootcert="+ours.file()), "127.0.0.1", "localhost", 1))
	pool := x509.NewCertPool()
	pool.AddCert(ours.certificate)
	d.expectOpenedBy(postgres.New(d.url, postgres.Table[order]("orders"), postgres.Configure(func(c *pgconn.Config) {
		c.TLSConfig = &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
	})))
}

// expectOpened opens a source by a url, and expects that it is opened, or that an error has all that is wanted.
func (d *database) expectOpened(url string, want ...string) {
	d.Helper()
	d.expectOpenedBy(postgres.New(url, postgres.Table[order]("orders")), want...)
}

func (d *database) expectOpenedBy(b *postgres.Broker, want ...string) {
	d.Helper()
	log := &lines{}
	in, err := b.OpenSource(d.Context(), &broker.Job{Name: "m", Inputs: b.Streams(),
		Logger: slog.New(slog.NewTextHandler(log, nil))})
	switch {
	case err == nil && len(want) > 0:
		d.Errorf("it was opened, wanted an error with %q", want)
	case err != nil && len(want) == 0:
		d.Errorf("it isn't opened: %v", err)
	}
	if err == nil {
		d.must(in.Close())
	}
	for _, w := range want {
		if err != nil && !strings.Contains(err.Error(), w) {
			d.Errorf("the error is %q, wanted one with %q", err, w)
		}
	}
	if strings.Contains(log.String(), "trying again") {
		d.Errorf("it was tried again: %s", log)
	}
}

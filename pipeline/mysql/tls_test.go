package mysql_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/mysql"
)

// An authority signs certificates, whose files lie in a directory beside its own.
type authority struct {
	testing.TB
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, dir string) *authority {
	t.Helper()
	a := &authority{TB: t, dir: dir}
	a.certificate, a.key = a.sign("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes NAME.pem and NAME.key of a template. The first one that it makes is the authority's own.
func (a *authority) sign(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.must(err)
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	a.must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	a.must(err)
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", secret)
	made, err := x509.ParseCertificate(der)
	a.must(err)
	return made, key
}

// write writes a file that the server's user can read, too.
func (a *authority) write(name, kind string, der []byte) {
	a.Helper()
	a.must(os.WriteFile(filepath.Join(a.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644))
}

func (a *authority) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// TestTLS connects by TLS with the certificates that a pipeline file names: the server's is verified, and the client's
// shown where the server wants one.
func TestTLS(t *testing.T) {
	if server == nil {
		t.Skip("MariaDB isn't installed")
	}
	dir := fixture.Dir(t)
	a := newAuthority(t, dir)
	a.sign("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	a.sign("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	file := func(name string) string { return filepath.Join(dir, name) }
	secure, err := mariadbserver.Start(t.Context(), file("data"), "--ssl-ca="+file("ca.pem"), "--ssl-cert="+file("server.pem"),
		"--ssl-key="+file("server.key"))
	a.must(err)
	t.Cleanup(func() { a.must(secure.Stop()) })
	w := &workplace{TB: t, dir: dir}
	w.connectTo(secure, mariadbserver.Database)
	defer w.db.Close()
	w.exec(`CREATE TABLE t (n BIGINT PRIMARY KEY); INSERT INTO t VALUES (1);
		CREATE USER careful@'127.0.0.1' IDENTIFIED BY 'hush-hush' REQUIRE X509; GRANT ALL ON *.* TO careful@'127.0.0.1'`)
	t.Setenv("LEAT_TEST_CAREFUL", "hush-hush")
	for tls, want := range map[string]string{
		"{ca: ca.pem, cert: client.pem, key: client.key}": "",
		"{ca: ca.pem}": "a user who must come by TLS, or show a certificate",
		"true":         "signed by unknown authority; give the certificate of the server's CA: tls: {ca: FILE}",
	} {
		t.Run(tls, func(t *testing.T) {
			p, err := pipeline.Parse(file("shop.yaml"), []byte("mysql: {url: 'mysql://careful@"+secure.Address()+"/"+
				mariadbserver.Database+"', password_env: LEAT_TEST_CAREFUL, tls: "+tls+"}\n"+
				"streams: {a: {mysql: {table: t}}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n"), mysql.Storage())
			if err != nil {
				t.Fatal(err)
			}
			switch err := p.Run(t.Context(), quiet()); {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush")):
				t.Errorf("the error is %v, wanted one with %q", err, want)
			}
		})
	}
}

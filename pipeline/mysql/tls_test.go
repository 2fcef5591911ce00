package mysql_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
	"github.com/leat-go/leat/pipeline/mysql"
)

// TestTLS connects by TLS with the certificates that a pipeline file names: the server's is verified, and the client's
// shown where the server wants one.
func TestTLS(t *testing.T) {
	if server == nil {
		t.Skip("MariaDB isn't installed")
	}
	dir := fixture.Dir(t)
	a := fixture.NewAuthority(t)
	a.Write(dir)
	a.Certify(dir, "server")
	a.Certify(dir, "client")
	file := func(name string) string { return filepath.Join(dir, name) }
	secure, err := mariadbserver.Start(t.Context(), file("data"), "--ssl-ca="+file("ca.pem"), "--ssl-cert="+file("server.pem"),
		"--ssl-key="+file("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := secure.Stop(); err != nil {
			t.Error(err)
		}
	})
	w := workplaceIn(t, dir)
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
			switch err := p.Run(t.Context(), storagetest.Quiet()); {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush")):
				t.Errorf("the error is %v, wanted one with %q", err, want)
			}
		})
	}
}

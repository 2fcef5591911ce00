package mysql_test

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// secure starts a server that speaks TLS, with a certificate for 127.0.0.1, and returns who trusts it.
func secure(t *testing.T) (*mariadbserver.Server, *x509.CertPool) {
	t.Helper()
	if server == nil {
		t.Skip("MariaDB isn't installed")
	}
	authority := fixture.NewAuthority(t)
	dir := fixture.Dir(t)
	certificate, key := authority.Certify(dir, "server")
	s, err := mariadbserver.Start(t.Context(), filepath.Join(dir, "server"), "--ssl-cert="+certificate, "--ssl-key="+key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s, authority.Pool()
}

// TLS is checked as the url says, or by the certificates of Configure. What doesn't go away by itself ends a run at once,
// with what would mend it.
func TestTLS(t *testing.T) {
	s, trusted := secure(t)
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/%s?multiStatements=true", mariadbserver.User,
		mariadbserver.Password, s.Address(), mariadbserver.Database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE orders (id BIGINT PRIMARY KEY);
		CREATE USER secure@'127.0.0.1' IDENTIFIED BY 'hush-hush' REQUIRE SSL; GRANT ALL ON *.* TO secure@'127.0.0.1'`); err != nil {
		t.Fatal(err)
	}
	url := s.URL("secure", "hush-hush", mariadbserver.Database)
	trust := mysql.Configure(func(c *driver.Config) { c.TLS = &tls.Config{RootCAs: trusted} })
	plain := mysql.Configure(func(*driver.Config) {})
	for name, test := range map[string]struct {
		url    string
		option mysql.Option
		want   []string
	}{
		"trusted":     {url, trust, nil},
		"none":        {url, plain, []string{"Access denied", "a user who must come by TLS"}},
		"not checked": {url + "?tls=skip-verify", plain, nil},
		"preferred":   {url + "?tls=preferred", plain, nil},
		"not trusted": {url + "?tls=true", plain, []string{"signed by unknown authority", "tls: {ca: FILE}", "mysql.Configure"}},
		"other host": {strings.Replace(url, "127.0.0.1", "localhost", 1), trust,
			[]string{"localhost", "the host that the certificate is made out to"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := relationtest.Open(t, mysql.New(test.url, test.option, mysql.Table[object]("orders")), 1, 0)
			if (err == nil) != (test.want == nil) {
				t.Fatalf("the error is %v, wanted one with %q", err, test.want)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %v, wanted one with %q", err, want)
				}
			}
		})
	}
}

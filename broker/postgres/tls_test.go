package postgres_test

import (
	"crypto/tls"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// serve has the server take connections by TLS, with a certificate for 127.0.0.1, until the test ends.
func (d *database) serve(a *fixture.Authority) {
	d.Helper()
	certificate, key := a.Sign("server")
	// The files are the server's, which runs as another user.
	for name, text := range map[string][]byte{"server.crt": certificate, "server.key": key} {
		d.exec("COPY (SELECT regexp_split_to_table('" + strings.TrimSpace(string(text)) + "', E'\\n')) TO PROGRAM " +
			"'umask 077; cat > " + name + "'")
	}
	d.exec("ALTER SYSTEM SET ssl = on")
	d.exec("SELECT pg_reload_conf()")
	d.Cleanup(func() {
		d.exec("ALTER SYSTEM RESET ssl")
		d.exec("SELECT pg_reload_conf()")
	})
	d.wait("SELECT FROM pg_settings WHERE name = 'ssl' AND setting = 'on'")
}

// TLS is checked as the url says. What doesn't go away by itself ends a run at once, with what would mend it.
func TestTLS(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE orders (id bigint PRIMARY KEY)")
	ours, other := fixture.NewAuthority(t), fixture.NewAuthority(t)
	urlWith := func(mode string) string { return strings.Replace(d.url, "sslmode=disable", "sslmode="+mode, 1) }
	d.expectOpened(urlWith("require"), "server refused TLS connection", "ssl = on")
	d.serve(ours)
	trusting := "verify-full&sslrootcert=" + ours.Write(t.TempDir())
	d.expectOpened(urlWith(trusting))
	d.expectOpened(urlWith("verify-full&sslrootcert="+other.Write(t.TempDir())), "signed by unknown authority", "sslrootcert=FILE")
	d.expectOpened(strings.Replace(urlWith(trusting), "127.0.0.1", "localhost", 1), "localhost",
		"the host that the certificate is made out to")
	d.expectOpened(strings.Replace(urlWith("verify-ca&sslrootcert="+ours.Write(t.TempDir())), "127.0.0.1", "localhost", 1))
	d.expectOpenedBy(postgres.New(d.url, postgres.Table[order]("orders"), postgres.Configure(func(c *pgconn.Config) {
		c.TLSConfig = &tls.Config{RootCAs: ours.Pool(), ServerName: "127.0.0.1"}
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

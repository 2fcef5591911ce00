package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker/internal/server"
)

// poolerRemedy says how to go by a pooler.
const poolerRemedy = "connect to PostgreSQL itself: a run has few connections, keeps them, and counts on their settings, " +
	"which pool_mode = transaction mixes up"

// explain says of an error at connecting what would mend it. It names user, database and address, never the password.
func (c *connector) explain(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		remedy := tlsRemedy(err)
		if server.IsUnknownHost(err) {
			remedy = server.Remedy(err, "")
		}
		return &failure{oneLine(err) + remedy, err}
	}
	remedy := ""
	switch refused.Code {
	case "28P01":
		remedy = "the password is wrong, or missing: " + c.contact.Password("it is in the url, in PGPASSWORD, or in ~/.pgpass")
	case "28000":
		remedy = "pg_hba.conf on the server doesn't let this user in from here, or not without TLS (sslmode=require)"
	case "3D000":
		remedy = "CREATE DATABASE makes it; the url's last part is its name"
	case "53300":
		remedy = "max_connections on the server is too low, or max_wal_senders where changes are read, or somebody leaves " +
			"connections open"
	case "42501":
		remedy = "reading changes takes the right to replicate: ALTER ROLE " + c.grantee() + " REPLICATION"
	case "08P01":
		if isFromPooler(refused) {
			remedy = "a pooler such as PgBouncer stands before the database; " + poolerRemedy
		}
	case "42704", "22023":
		remedy = "the server may be older than PostgreSQL 13"
	}
	return described(fmt.Sprintf("connecting as %s to database %s at %s:%d", c.config.User, c.config.Database,
		c.config.Host,
		c.config.Port), refused, remedy)
}

// oneLine returns the client's error without its lines: where there are several servers to try, or one with TLS and
// without, it has a line for each, and the same one again.
func oneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) < 3 {
		return strings.Join(lines, " ")
	}
	return lines[0] + " " + strings.Join(lines[1:], "; ")
}

// isAboutTLS reports whether a connection has failed because of certificates, or because one side wants TLS and the other
// none.
func isAboutTLS(err error) bool { return tlsRemedy(err) != "" }

// tlsRemedy is what mends an error of TLS, and empty for others.
func tlsRemedy(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return "; give the certificate of the server's CA: sslrootcert=FILE in the url, PGSSLROOTCERT, or tls: {ca: FILE} in a " +
			"pipeline file"
	case errors.As(err, &host):
		return "; the url must have the host that the certificate is made out to; sslmode=verify-ca doesn't look at it"
	case errors.As(err, &invalid), errors.As(err, &alert):
		return "; see sslrootcert, sslcert and sslkey in the url"
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return "; the server has TLS switched off (ssl = on in postgresql.conf), or use sslmode=prefer"
	}
	return ""
}

// A failure is an error of the database, with what would mend it. The text is without "postgres: ".
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return "postgres: " + f.text }
func (f *failure) Unwrap() error { return f.err }

// of says what a failure is about, unless it says so already.
func (f *failure) of(what string) error {
	if strings.HasPrefix(f.text, what+": ") {
		return f
	}
	return &failure{what + ": " + f.text, f.err}
}

// described puts together what the database says, and what would mend it.
func described(what string, refused *pgconn.PgError, remedy string) error {
	text := what + ": " + refused.Message
	if refused.Detail != "" {
		text += " (" + strings.TrimSuffix(refused.Detail, ".") + ")"
	}
	if place, _, _ := strings.Cut(refused.Where, "\n"); strings.HasPrefix(place, "COPY ") {
		text += ", at " + place
	}
	for _, more := range []string{remedy, refused.Hint} {
		if more != "" {
			text += "; " + more
		}
	}
	return &failure{text, refused}
}

// explainRead says of an error while a stream is read what would mend it.
func (t *table) explainRead(err error) error {
	var explained *failure
	if errors.As(err, &explained) {
		return explained.of(t.describe())
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return fmt.Errorf("postgres: %s: %w", t.describe(), err)
	}
	remedy := ""
	if refused.Code == "42501" {
		if remedy = "GRANT SELECT ON " + qualified(t.stream.Name) + " TO " + t.grantee; t.query != "" {
			remedy = "GRANT SELECT ON what the query reads TO " + t.grantee
		}
	}
	return described(t.describe(), refused, remedy)
}

// explainWrite says of an error while results are written what would mend it.
func (t *target) explainWrite(err error) error {
	var explained *failure
	if errors.As(err, &explained) {
		return err
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return fmt.Errorf("postgres: table %s: %w", t.relation.stream.Name, err)
	}
	remedy := ""
	switch refused.Code {
	case "42501":
		remedy = fmt.Sprintf("GRANT SELECT, INSERT, UPDATE ON %s TO %s", t.name, t.grantee)
	case "23505":
		remedy = "to replace the row, give the output a conflict clause with the columns of that index: " +
			"postgres.Conflict, or conflict: [...]"
		if t.relation.conflict != nil {
			remedy = "the output's conflict clause has the columns of another index"
		}
	case "23502":
		remedy = "give results such a member, or the column a default"
	case "42P10":
		if t.relation.conflict == nil { // COPY's refusal of a generated column
			remedy = "leave that member out of results"
			break
		}
		remedy = fmt.Sprintf("CREATE UNIQUE INDEX ON %s (%s)", t.name, identifiers(t.relation.conflict))
	case "428C9":
		remedy = "leave that member out of results; an identity takes values by ALTER TABLE … SET GENERATED BY DEFAULT"
	case "22P02", "22003", "22007", "22008", "22001", "42804":
		remedy = "change what the function returns, or the column's type by ALTER TABLE"
	}
	return described("table "+t.relation.stream.Name, refused, remedy)
}

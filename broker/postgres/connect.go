package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

const (
	// idleInTransaction ends a transaction of a process that is frozen within it, so that others don't wait for it for
	// ever.
	idleInTransaction = "60s"
	firstBackoff      = 50 * time.Millisecond
	lastBackoff       = 5 * time.Second
	// connectTimeout is how long one attempt may take, where the url doesn't say.
	connectTimeout = 10 * time.Second
)

// A connector makes connections to the database.
type connector struct {
	config  *pgconn.Config
	logger  *slog.Logger
	contact *server.Contact
}

// newConnector reads the url. No error shows a password.
func (b *Broker) newConnector(job *broker.Job) (*connector, error) {
	config, err := pgconn.ParseConfig(b.url)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w; a url looks like postgres://user@host:5432/database", err)
	}
	// How values look as text must not depend on the database's settings: positions are such texts.
	for name, value := range map[string]string{
		"TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "extra_float_digits": "1",
		"bytea_output":    "hex",
		"client_encoding": "UTF8", "standard_conforming_strings": "on",
		"idle_in_transaction_session_timeout": idleInTransaction,
	} {
		config.RuntimeParams[name] = value
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "leat"
	}
	for _, change := range b.configure {
		change(config)
	}
	contact := server.NewContact(job, "PostgreSQL", net.JoinHostPort(config.Host, fmt.Sprint(config.Port)))
	return &connector{config, job.Logger, contact}, nil
}

// A session is a connection to the database. It is used by one goroutine at a time.
type session struct {
	*pgconn.PgConn
	// grantee is the user that this is the session of, as statements name it.
	grantee string
}

// connect connects once.
func (c *connector) connect(ctx context.Context) (*session, error) {
	conn, err := pgconn.ConnectConfig(ctx, c.config)
	if err != nil {
		return nil, c.explain(err)
	}
	c.contact.Reached()
	return &session{conn, c.grantee()}, nil
}

// grantee is the user who needs rights, as statements name it.
func (c *connector) grantee() string { return identifier(c.config.User) }

// reconnect connects, again and again while the server can't be reached, until ctx ends.
func (c *connector) reconnect(ctx context.Context) (*session, error) {
	backoff := firstBackoff
	for {
		s, err := c.connect(ctx)
		if err == nil || ctx.Err() != nil || !isPassing(err) {
			return s, err
		}
		if err := c.contact.Again(ctx, err, backoff); err != nil {
			return nil, err
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// opening connects when a run begins, and has do look at what there is, again where the database is away meanwhile. The
// session is do's, unless do has failed.
func (c *connector) opening(ctx context.Context, do func(s *session) error) error {
	answered := false // what the database itself has answered is final, while it stays
	isAway := func(err error) bool { return !answered && isPassing(err) }
	return c.contact.Await(ctx, isAway, func() error {
		s, err := c.connect(ctx)
		if err != nil {
			return err
		}
		c.tellOfPooler(ctx, s)
		if err = do(s); err != nil {
			answered = !s.IsClosed()
			_ = s.close()
		}
		return err
	})
}

// close closes a connection, politely if that is quick.
func (s *session) close() error {
	if s == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.Close(ctx) // the server notices in any case
	return nil
}

// A row holds the texts of a row's columns, nil for NULL.
type row [][]byte

// rows runs a statement with texts as its parameters and returns what it gives.
func (s *session) rows(ctx context.Context, sql string, parameters ...string) ([]row, error) {
	values := make([][]byte, len(parameters))
	for i, p := range parameters {
		values[i] = []byte(p)
	}
	result := s.ExecParams(ctx, sql, values, nil, nil, nil)
	var all []row
	for result.NextRow() {
		r := make(row, len(result.Values()))
		for i, v := range result.Values() {
			if v != nil {
				r[i] = append([]byte{}, v...)
			}
		}
		all = append(all, r)
	}
	_, err := result.Close()
	return all, err
}

// run runs statements that give nothing and have no parameters.
func (s *session) run(ctx context.Context, sql string) error {
	_, err := s.Exec(ctx, sql).ReadAll()
	return err
}

// isPassing reports whether an error is one that goes away by itself: the connection or the server does. A certificate
// that isn't trusted doesn't.
func isPassing(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "53300", // too many connections
			"57P01", "57P02", "57P03", "57P05", // shutdown, crash, starting up, idle session
			"25P03", "25P04": // idle in a transaction, transaction too long
			return true
		}
		return refused.Code[:2] == "08" && !isFromPooler(refused)
	}
	return err != nil && !errors.Is(err, context.Canceled) && !isAboutTLS(err)
}

// isFromPooler reports whether a pooler such as PgBouncer has refused what a connection begins with. It has code 08P01
// for whatever it says, also for a server that is away.
func isFromPooler(refused *pgconn.PgError) bool {
	return refused.Code == "08P01" && strings.Contains(refused.Message, "startup parameter")
}

// tellOfPooler warns where somebody stands between this process and the server's: the number of the server's process
// isn't that of the connection then.
func (c *connector) tellOfPooler(ctx context.Context, s *session) {
	serving, err := s.texts(ctx, "SELECT pg_backend_pid()::text")
	if err == nil && serving[0] != fmt.Sprint(s.PID()) {
		c.logger.Warn("a pooler such as PgBouncer stands before the database; "+poolerRemedy, "address",
			net.JoinHostPort(c.config.Host, fmt.Sprint(c.config.Port)))
	}
}

// isConflict reports whether a transaction was rolled back because of others, so that trying again makes sense.
func isConflict(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case "40001", "40P01", "55P03":
		return true
	}
	return false
}

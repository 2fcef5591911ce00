package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

const (
	// poll is the pause between two looks at a followed table.
	poll = 100 * time.Millisecond
	// lockWait is how many seconds a statement waits for somebody's lock.
	lockWait                  = "1"
	firstBackoff, lastBackoff = 50 * time.Millisecond, 5 * time.Second
	// connectTimeout is how long one attempt may take.
	connectTimeout = 10 * time.Second
)

// A database is a database as one run uses it.
type database struct {
	config  *driver.Config
	logger  *slog.Logger
	contact *server.Contact
	pool    *sql.DB
	// reached says that a connection was made before: then one that can't be made is waited for without end.
	reached atomic.Bool
	// account is whom the server took the user for, which its host decides, too, as statements name it.
	account atomic.Pointer[string]
}

// open reads the url.
func (b *Broker) open(job *broker.Job) (*database, error) {
	config, err := ParseURL(b.url)
	if err != nil {
		return nil, err
	}
	// How values look as text must not depend on the server's settings: positions are such texts.
	config.Params = map[string]string{
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
		"time_zone":                "'+00:00'",
		"innodb_lock_wait_timeout": lockWait,
	}
	config.InterpolateParams, config.ClientFoundRows, config.ParseTime, config.MultiStatements = true, true, false, false
	config.Logger = &driver.NopLogger{} // what it says is in the errors
	if err := config.Apply(driver.Charset("utf8mb4", "")); err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	for _, change := range b.configure {
		change(config)
	}
	if config.DBName == "" {
		return nil, errDatabase
	}
	connector, err := driver.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	d := &database{config: config, logger: job.Logger, contact: server.NewContact(job, "MySQL", config.Addr),
		pool: sql.OpenDB(connector)}
	d.pool.SetMaxIdleConns(-1)
	return d, nil
}

// Product implements relation.Connector.
func (d *database) Product() string { return "mysql" }

// Place implements relation.Connector.
func (d *database) Place() string { return d.config.DBName + " at " + d.config.Addr }

// Poll implements relation.Connector.
func (d *database) Poll() time.Duration { return poll }

// Version implements relation.Connector: there is none, so that the table is looked at with each poll.
func (d *database) Version(context.Context, *sql.Conn) (int64, error) {
	return time.Now().UnixNano() / int64(poll), nil
}

// Connect implements relation.Connector.
func (d *database) Connect(ctx context.Context, _ bool) (conn *sql.Conn, err error) {
	if d.reached.Load() {
		return d.reconnect(ctx)
	}
	err = d.contact.Await(ctx, d.IsPassing, func() error {
		conn, err = d.connect(ctx)
		return err
	})
	d.reached.Store(err == nil)
	return conn, err
}

// reconnect connects, again and again while the server can't be reached, until ctx ends.
func (d *database) reconnect(ctx context.Context) (*sql.Conn, error) {
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		conn, err := d.connect(ctx)
		if err == nil || ctx.Err() != nil || !d.IsPassing(err) {
			return conn, err
		}
		if err := d.contact.Again(ctx, err, backoff); err != nil {
			return nil, err
		}
	}
}

// connect connects once.
func (d *database) connect(ctx context.Context) (*sql.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := d.pool.Conn(limited)
	switch {
	case err == nil:
		d.contact.Reached()
		d.findAccount(limited, conn)
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, d.explainConnect(err)
}

// findAccount asks once whose rights the user has. Where the server doesn't say, the user's name must do.
func (d *database) findAccount(ctx context.Context, conn *sql.Conn) {
	var current string
	if d.account.Load() != nil || conn.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&current) != nil {
		return
	}
	name := accountName(current)
	d.account.Store(&name)
}

// grantee is the account that needs rights, as statements name it.
func (d *database) grantee() string {
	if name := d.account.Load(); name != nil {
		return *name
	}
	return quoted(d.config.User)
}

// number is MySQL's number of an error, zero for other errors.
func number(err error) uint16 {
	var refused *driver.MySQLError
	if errors.As(err, &refused) {
		return refused.Number
	}
	return 0
}

// IsLost implements relation.Connector. The driver closes a connection whose context ends while it is used.
func (d *database) IsLost(err error) bool {
	var network net.Error
	if server.IsAboutTLS(err) {
		return false
	}
	switch number(err) {
	case 0:
		return errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, driver.ErrInvalidConn) ||
			errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
			errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network)
	case 1053, 1317, 1927, 3169, 4031: // shutdown, interrupted, killed, killed, idle for too long
		return true
	}
	return false
}

// IsPassing implements relation.Connector.
func (d *database) IsPassing(err error) bool {
	switch number(err) {
	case 1040, 1203: // too many connections
		return true
	}
	return d.IsLost(err) || d.IsConflict(err)
}

// IsConflict implements relation.Connector.
func (d *database) IsConflict(err error) bool {
	switch number(err) {
	case 1205, 1213, 1020, 3572: // somebody else's lock, a deadlock, changed since it was read
		return true
	}
	return false
}

// Close implements relation.Connector.
func (d *database) Close() error { return d.pool.Close() }

package postgres

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
)

const (
	// linkBuffer is how much a link reads ahead.
	linkBuffer = 64 << 10
	// statusWrite is how long sending a status may take.
	statusWrite = 5 * time.Second
)

// A link is a connection for logical replication. It is used by one goroutine at a time.
type link struct {
	conn *pgconn.PgConn
	// buffer is what messages are read through.
	buffer *bufio.Reader
	// copied says that its slot is a temporary copy.
	copied bool
	// sent is when a status was sent last, and acknowledged the place in the log that it named.
	sent         time.Time
	acknowledged pgoutput.LSN
	// heard is when the server sent something last.
	heard time.Time
}

// replicate makes a connection for logical replication.
func (c *connector) replicate(ctx context.Context) (*link, error) {
	l := &link{}
	config := c.config.Copy()
	config.RuntimeParams["replication"] = "database"
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		l.buffer = bufio.NewReaderSize(r, linkBuffer)
		return pgproto3.NewFrontend(l.buffer, w)
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, c.explain(err)
	}
	c.contact.Reached()
	l.conn = conn
	return l, nil
}

// close closes the connection.
func (l *link) close() {
	if l != nil {
		_ = (&session{PgConn: l.conn}).close()
	}
}

// pid is the number of the server's process.
func (l *link) pid() string { return fmt.Sprint(l.conn.PID()) }

// rows runs a statement without parameters, which is all that a connection for replication takes.
func (l *link) rows(ctx context.Context, sql string) ([]row, error) {
	results, err := l.conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var all []row
	for _, result := range results {
		for _, r := range result.Rows {
			all = append(all, r)
		}
	}
	return all, nil
}

// start begins to receive by a slot, from a place in the log on, or from where the slot was acknowledged.
func (l *link) start(ctx context.Context, slot, publication string, from pgoutput.LSN) error {
	l.conn.Frontend().SendQuery(&pgproto3.Query{String: fmt.Sprintf(
		"START_REPLICATION SLOT %s LOGICAL %s (proto_version '1', publication_names %s)", identifier(slot), from,
		quoted(identifier(publication)))})
	if err := l.conn.Frontend().Flush(); err != nil {
		return err
	}
	var refused error
	for {
		message, err := l.conn.ReceiveMessage(ctx)
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			refused = pgconn.ErrorResponseToPgError(m)
		case *pgproto3.CopyBothResponse:
			l.heard, l.sent = time.Now(), time.Now()
			return nil
		case *pgproto3.ReadyForQuery: // another statement may follow
			return refused
		}
		if err != nil {
			return cmp.Or(refused, err)
		}
	}
}

// errNothing says that nothing has come.
var errNothing = errors.New("nothing has come")

// receive returns what comes next, without its envelope, or errNothing where nothing has come by a time. It is valid
// until the next call.
func (l *link) receive(ctx context.Context, until time.Time) ([]byte, error) {
	if err := l.conn.Conn().SetReadDeadline(until); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // what ends a read with ctx may have come before
		return nil, err
	}
	for {
		message, err := l.conn.Frontend().Receive()
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			return nil, errNothing
		case err != nil:
			return nil, err
		}
		switch m := message.(type) {
		case *pgproto3.CopyData:
			l.heard = time.Now()
			return m.Data, nil
		case *pgproto3.ErrorResponse:
			return nil, pgconn.ErrorResponseToPgError(m)
		case *pgproto3.CopyDone:
			return nil, io.ErrUnexpectedEOF // the server shuts down
		}
	}
}

// buffered reports whether something is there already.
func (l *link) buffered() bool { return l.buffer.Buffered() > 0 }

// status tells the server up to where its log isn't needed any more, and asks it for an answer, which says how far its
// log goes.
func (l *link) status(acknowledged pgoutput.LSN) error {
	message := append(make([]byte, 0, 40), 'd', 0, 0, 0, 38, 'r')
	for range 3 { // written, flushed, applied
		message = binary.BigEndian.AppendUint64(message, uint64(acknowledged))
	}
	message = binary.BigEndian.AppendUint64(message, uint64(pgoutput.Microseconds(time.Now())))
	message = append(message, 1)
	if err := l.conn.Conn().SetWriteDeadline(time.Now().Add(statusWrite)); err != nil {
		return err
	}
	l.sent, l.acknowledged = time.Now(), acknowledged
	return l.conn.Frontend().SendUnbufferedEncodedCopyData(message)
}

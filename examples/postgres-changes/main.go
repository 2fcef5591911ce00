// Postgres-changes reads the changes of a table by logical replication, and writes what has happened to a table of
// events, exactly once: results and positions are one transaction. Nothing is missed, however often a row changes, and
// whoever changes it.
//
//	go run ./examples/postgres-changes -demo
//
// starts a server in a temporary folder, of the programs that are installed (on Debian: apt install postgresql). On a
// server of your own it needs wal_level = logical and a database:
//
//	sudo apt install postgresql
//	sudo -u postgres psql -c 'ALTER SYSTEM SET wal_level = logical' && sudo systemctl restart postgresql
//	sudo -u postgres createuser --superuser $USER && createdb shop
//	go run ./examples/postgres-changes -url 'postgres:///shop?host=/var/run/postgresql'
//
// A replication slot keeps the changes until they are read; while nobody reads them, the server's disk fills up. When
// you have seen enough, drop it:
//
//	psql shop -c "SELECT pg_drop_replication_slot('parcel_events')"
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/examples/internal/server"
	"github.com/leat-go/leat/internal/postgresserver"
)

// Parcel is a row of the table parcels.
type Parcel struct {
	ID    int64  `json:"id"`
	State string `json:"state"`
}

// Event is a row of the table events. Those of one transaction have the same LSN.
type Event struct {
	LSN    int64  `json:"lsn"`
	Parcel int64  `json:"parcel"`
	What   string `json:"what"`
}

// event returns nil, which writes nothing, where a change hasn't changed the state.
func event(c postgres.Change[Parcel]) *Event {
	switch c.Op {
	case "insert":
		return &Event{c.LSN, c.After.ID, "new: " + c.After.State}
	case "update":
		if c.Before.State == c.After.State {
			return nil
		}
		return &Event{c.LSN, c.After.ID, c.Before.State + " → " + c.After.State}
	case "delete":
		return &Event{c.LSN, c.Before.ID, "gone, was " + c.Before.State}
	}
	return &Event{LSN: c.LSN, What: "all gone"} // truncate
}

func newMill(url string) (*leat.Mill, error) {
	return leat.New(event,
		leat.Name("parcel_events"), // positions are kept under it
		leat.Broker(postgres.New(url,
			postgres.Changes[postgres.Change[Parcel]]("changes", []string{"parcels"},
				postgres.Slot("parcel_events"), // made where it doesn't exist, as is the publication
				postgres.Snapshot(),            // what is there before comes first
				postgres.DataTimeout(2*time.Second)),
			postgres.Table[Event]("events", // made where it doesn't exist
				postgres.Columns("n bigserial PRIMARY KEY", "lsn bigint", "parcel bigint", "what text")),
		)),
	)
}

func main() { os.Exit(program().Main(os.Args[1:])) }

func program() server.Program { return server.Program{Run: run, Start: postgresserver.Demo} }

// run moves some parcels, runs the mill until no change has come for two seconds, and prints the events.
func run(ctx context.Context, url string, out io.Writer) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := move(ctx, conn); err != nil {
		return err
	}
	mill, err := newMill(url)
	if err != nil {
		return err
	}
	if err := mill.Run(ctx); err != nil {
		return err
	}
	return show(ctx, conn, out)
}

// move sends a parcel and delivers those that were sent before. Where the table doesn't exist it is made; with
// REPLICA IDENTITY FULL a change has the whole row as it was before, not only its key.
func move(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS parcels (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text, noted timestamptz);
		ALTER TABLE parcels REPLICA IDENTITY FULL;
		DELETE FROM parcels WHERE state = 'delivered';
		UPDATE parcels SET state = 'delivered' WHERE state = 'sent';
		INSERT INTO parcels (state) VALUES ('sent');
		UPDATE parcels SET noted = now()`)
	return err
}

// show prints what the output holds.
func show(ctx context.Context, conn *pgx.Conn, out io.Writer) error {
	rows, err := conn.Query(ctx, "SELECT lsn, parcel, what FROM events ORDER BY n")
	if err != nil {
		return err
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
	for _, e := range events {
		fmt.Fprintf(out, "parcel %d: %s\n", e.Parcel, e.What)
	}
	return err
}

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/internal/postgresserver"
)

// What is wrong with a stream of changes is found before anything is read, and said with what would mend it.
func TestWrongChanges(t *testing.T) {
	d := newDatabase(t)
	other := newDatabase(t)
	d.exec(`CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE keyless (id int); CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
		CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING; CREATE VIEW v AS SELECT 1 AS id;
		CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts DEFAULT;
		CREATE PUBLICATION leaves FOR TABLE parts; CREATE PUBLICATION small FOR TABLE good`)
	d.query("SELECT pg_create_logical_replication_slot('" + d.name + "_foreign', 'test_decoding')")
	d.query("SELECT pg_create_logical_replication_slot('" + d.name + "_orphan', 'pgoutput')")
	d.query("SELECT pg_create_physical_replication_slot('" + d.name + "_physical')")
	defer d.query("SELECT pg_drop_replication_slot('" + d.name + "_physical')")
	other.query("SELECT pg_create_logical_replication_slot('" + d.name + "_elsewhere', 'pgoutput')")
	d.exec("CREATE ROLE " + d.name + "_weak LOGIN PASSWORD 'weak'; GRANT SELECT ON good TO " + d.name + "_weak")
	d.exec("CREATE ROLE " + d.name + "_half LOGIN REPLICATION PASSWORD 'half'; GRANT SELECT ON good TO " + d.name + "_half")
	as := func(user string) string { return server.URL(d.name+"_"+user, user, d.name) }
	for what, test := range map[string]struct {
		url     string
		tables  []string
		options []postgres.StreamOption
		want    []string
	}{
		"no table":           {d.url, []string{"goood"}, nil, []string{"no table goood", "good"}},
		"a view":             {d.url, []string{"v"}, nil, []string{"v isn't a table"}},
		"unlogged":           {d.url, []string{"unlogged"}, nil, []string{"SET LOGGED"}},
		"no primary key":     {d.url, []string{"good", "keyless"}, nil, []string{"keyless", "ADD PRIMARY KEY", "REPLICA IDENTITY FULL"}},
		"no identity":        {d.url, []string{"nothing"}, nil, []string{"nothing", "REPLICA IDENTITY FULL"}},
		"without the table":  {d.url, []string{"good", "parts"}, []postgres.StreamOption{postgres.Publication("small")}, []string{`ADD TABLE "public"."parts"`}},
		"partitions only":    {d.url, []string{"parts"}, []postgres.StreamOption{postgres.Publication("leaves")}, []string{"publish_via_partition_root"}},
		"another plugin":     {d.url, []string{"good"}, []postgres.StreamOption{postgres.Slot(d.name + "_foreign"), postgres.Publication("small")}, []string{"test_decoding", "postgres.Slot"}},
		"a physical slot":    {d.url, []string{"good"}, []postgres.StreamOption{postgres.Slot(d.name + "_physical"), postgres.Publication("small")}, []string{"physical"}},
		"of another":         {d.url, []string{"good"}, []postgres.StreamOption{postgres.Slot(d.name + "_elsewhere"), postgres.Publication("small")}, []string{other.name, "postgres.Slot"}},
		"no publication":     {d.url, []string{"good"}, []postgres.StreamOption{postgres.Slot(d.name + "_orphan")}, []string{"the slot", "pg_drop_replication_slot"}},
		"may not replicate":  {as("weak"), []string{"good"}, nil, []string{"ALTER ROLE \"" + d.name + "_weak\" REPLICATION"}},
		"may not publish":    {as("half"), []string{"good"}, nil, []string{"permission denied", "CREATE PUBLICATION"}},
		"a name of no slot":  {d.url, []string{"good"}, []postgres.StreamOption{postgres.Slot("Bad-Name")}, []string{"Bad-Name", "lower case letters"}},
		"of another schema":  {d.url, []string{"nowhere.good"}, nil, []string{"no table nowhere.good"}},
		"declared otherwise": {d.url, []string{"good"}, []postgres.StreamOption{postgres.AsRows()}, []string{"declared twice"}},
	} {
		t.Run(what, func(t *testing.T) {
			options := []postgres.Option{postgres.Changes[change]("s", test.tables, test.options...)}
			if what == "declared otherwise" {
				options = append(options, postgres.Changes[object]("s", test.tables))
			}
			b := postgres.New(test.url, options...)
			in, err := b.OpenSource(t.Context(), &broker.Job{Name: what, Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)})
			if err == nil {
				_, err = in.Reader(t.Context(), 0, 0, 0)
			}
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "postgres: ") {
					t.Errorf("the error is %q, wanted one with %q", fmt.Sprint(err), want)
				}
			}
			if err != nil && strings.Contains(err.Error(), postgresserver.Password) {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
	if left := d.query("SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'leat%' AND database = current_database()"); len(left) > 0 {
		t.Errorf("slots are left behind: %v", left)
	}
}

// expectEnd runs a mill of events, and expects an error that says what was lost.
func (d *database) expectEnd(want ...string) {
	d.Helper()
	mill, err := d.eventsMill("", nil, quiet)
	d.must(err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = mill.Run(ctx)
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			d.Errorf("the run ends with %v, wanted an error with %q", err, w)
		}
	}
}

// A slot that was dropped, or invalidated, has lost changes: nothing goes on as if it hadn't.
func TestChangesAreLost(t *testing.T) {
	const slots = "FROM pg_replication_slots WHERE database = current_database()"
	drop := func(d *database) { d.query("SELECT pg_drop_replication_slot(slot_name) " + slots) }
	for name, lose := range map[string]func(d *database){
		"dropped": drop,
		"publication dropped": func(d *database) {
			publication := d.query("SELECT pubname FROM pg_publication")[0][0]
			d.exec("DROP PUBLICATION " + publication)
			d.addEvents(1)
			d.exec("CREATE PUBLICATION " + publication + " FOR TABLE events")
		},
		"invalidated": func(d *database) {
			d.exec("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
			d.exec("SELECT pg_reload_conf()")
			defer d.exec("SELECT pg_reload_conf()")
			defer d.exec("ALTER SYSTEM RESET max_slot_wal_keep_size")
			for begin := time.Now(); d.query("SELECT wal_status " + slots)[0][0] != "lost" && time.Since(begin) < time.Minute; {
				d.query("SELECT pg_switch_wal()")
				d.exec("CREATE TABLE IF NOT EXISTS filler (t text); INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
				d.exec("CHECKPOINT")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := newEvents(t, false)
			stop := d.running()
			d.addEvents(10)
			d.expectSeen(d)
			stop()
			d.wait("SELECT " + slots + " AND NOT active")
			lose(d)
			d.expectEnd("lost", "pg_drop_replication_slot", "another name")
			if name == "dropped" {
				d.expectEnd("doesn't exist any more")
			}
		})
	}
}

// An idle stream holds back nothing of the server's log, however much others write.
func TestChangesHoldBackNothing(t *testing.T) {
	d, _ := newEvents(t, false)
	d.running()
	d.addEvents(3)
	d.expectSeen(d)
	d.exec("CREATE TABLE other (t text); INSERT INTO other SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
	d.expectConfirmed(d.query("SELECT pg_current_wal_lsn()")[0][0])
}

// expectConfirmed waits until the slot is acknowledged up to a place in the log.
func (d *database) expectConfirmed(lsn string) {
	d.Helper()
	d.wait("SELECT FROM pg_replication_slots WHERE database = current_database() AND confirmed_flush_lsn >= '" + lsn + "'")
}

// What matches nothing holds back nothing either, though no result is committed.
func TestChangesThatMatchNothing(t *testing.T) {
	d, _ := newEvents(t, false)
	type other postgres.Change[event]
	mill, err := leat.New(func(a change, _ []other) { t.Errorf("the function is called for %v", a) }, leat.Name("none "+d.name), quiet,
		leat.From(postgres.New(d.url, postgres.Changes[change]("events", []string{"events"}),
			postgres.Changes[other]("events", []string{"events"}))),
		leat.Join(func(a change) int64 { return a.LSN }, func(b other) int64 { return b.LSN + 1 }))
	d.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the run ends with %v", err)
		}
	})
	defer running.Wait()
	defer cancel()
	d.waitForSlot()
	d.addEvents(3)
	between := d.query("SELECT pg_current_wal_lsn()")[0][0]
	d.addEvents(3)
	d.expectConfirmed(between)
}

// A temporary slot ends with its run, and the next one goes on with what comes then; or with its connection, which is an
// error.
func TestTemporaryChanges(t *testing.T) {
	d, _ := newEvents(t, false)
	temporary := postgres.Changes[object]("events", []string{"events"}, postgres.Temporary(), postgres.AsRows())
	for range 2 {
		f := d.follow(temporary)
		d.addEvents(1)
		if got := f.next(); !strings.Contains(got, `"n":1`) {
			t.Errorf("the change is %s", got)
		}
		f.stop()
		d.wait("SELECT FROM pg_replication_slots HAVING count(*) FILTER (WHERE database = current_database()) = 0")
		d.addEvents(5)
		d.exec("DELETE FROM events")
	}
	b := postgres.New(d.url, temporary)
	in, err := b.OpenSource(t.Context(), &broker.Job{Name: "test", Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)})
	d.must(err)
	reader, err := in.Reader(t.Context(), 0, 0, 0)
	d.must(err)
	d.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database()")
	if _, err := reader.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "it was temporary") {
		t.Errorf("a temporary slot whose connection is lost says %v", err)
	}
	d.must(reader.Close())
	d.must(in.Close())
}

// A slot that holds back more than the server wants to keep is told in the log, and how much it is.
func TestChangesThatHoldBackMuch(t *testing.T) {
	d, _ := newEvents(t, false)
	d.exec("ALTER SYSTEM SET max_wal_size = '2MB'")
	d.exec("ALTER SYSTEM SET min_wal_size = '2MB'")
	d.exec("SELECT pg_reload_conf()")
	defer d.exec("SELECT pg_reload_conf()")
	defer d.exec("ALTER SYSTEM RESET ALL")
	log := &lines{}
	b := postgres.New(d.url, postgres.Changes[object]("events", []string{"events"}))
	in, err := b.OpenSource(t.Context(), &broker.Job{Name: "held " + d.name, Inputs: b.Streams(),
		Logger: slog.New(slog.NewTextHandler(log, nil))})
	d.must(err)
	defer func() { d.must(in.Close()) }()
	reader, err := in.Reader(t.Context(), 0, 0, 0)
	d.must(err)
	defer func() { d.must(reader.Close()) }()
	d.addEvents(3)
	records, err := reader.Read(t.Context())
	d.must(err)
	// Nothing is acknowledged, and nobody reads on.
	d.exec("CREATE TABLE filler (t text)")
	for begin := time.Now(); !strings.Contains(log.String(), "holds back more"); <-time.After(100 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatalf("the log says nothing:\n%s", log)
		}
		d.exec("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 3000)")
		d.query("SELECT pg_switch_wal()")
		d.exec("CHECKPOINT")
	}
	if bytes, since := reader.(broker.Retainer).Retained(); bytes < 2<<20 || !since.Equal(records[0].Time) {
		t.Errorf("the slot holds back %d bytes since %v", bytes, since)
	}
}

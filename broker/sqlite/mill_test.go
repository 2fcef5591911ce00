package sqlite_test

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/sqlite"
)

// quiet logs nothing.
var quiet = leat.Logger(relationtest.Quiet)

// shop makes the tables of a shop with n orders.
func shop(t testing.TB, n int) *database {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, placed TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
		CREATE TABLE items (order_id INTEGER, n INTEGER, price INTEGER NOT NULL, PRIMARY KEY (order_id, n)) WITHOUT ROWID;
		CREATE TABLE totals (place INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER, items INTEGER, total INTEGER)`)
	d.Grow(n)
	return d
}

// mill makes the shop's mill.
func (d *database) mill(logger *slog.Logger, follow bool) (*leat.Mill, error) {
	var options []sqlite.StreamOption
	if follow {
		options = append(options, sqlite.Follow())
	}
	return relationtest.NewMill(sqlite.New(d.path,
		sqlite.Table[relationtest.Order]("orders", options...),
		sqlite.Table[relationtest.Item]("items", options...),
		sqlite.Table[relationtest.Total]("totals")), logger)
}

// TestHelperProcess is no test but the process of one.
func TestHelperProcess(t *testing.T) {
	d := databaseAt(t, os.Getenv("LEAT_HELPER_PATH"))
	switch os.Getenv("LEAT_HELPER") {
	case "":
		t.Skip("no helper process")
	case "follow":
		mill, err := d.mill(relationtest.Quiet, true)
		d.Must(err)
		d.Must(mill.Run(t.Context()))
	case "lock":
		d.connect()
		_, err := d.DB.BeginTx(t.Context(), nil)
		d.Must(err)
		d.Must(os.WriteFile(d.path+".locked", nil, 0o600))
		<-t.Context().Done()
	}
}

func TestSessions(t *testing.T) { shop(t, 100).CheckSessions() }

func TestKilled(t *testing.T) { shop(t, 50).CheckKilled(12) }

func TestTakenOver(t *testing.T) { shop(t, 20).CheckTakenOver() }

// Where another process is frozen within a transaction, a run waits for it, and says which process it is.
func TestLocked(t *testing.T) {
	d := shop(t, 20)
	other := d.Start("lock")
	for begin := time.Now(); ; {
		if _, err := os.Stat(d.path + ".locked"); err == nil {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("the other process doesn't lock the database")
		}
		<-time.After(5 * time.Millisecond)
	}
	log := &relationtest.Lines{}
	d.Follow(slog.New(slog.NewTextHandler(log, nil)))
	for begin := time.Now(); !strings.Contains(log.String(), "holds the lock"); {
		if time.Since(begin) > time.Minute {
			t.Fatalf("the log doesn't say that the run waits:\n%s", log)
		}
		<-time.After(20 * time.Millisecond)
	}
	if who := fmt.Sprintf("process %d", other.Process.Pid); !strings.Contains(log.String(), who) && runtime.GOOS == "linux" {
		t.Errorf("the log doesn't name %s:\n%s", who, log)
	}
	d.Must(other.Process.Kill())
	d.Wait("SELECT 1 FROM totals WHERE id >= 18")
	d.Exec("DELETE FROM items WHERE order_id > 18")
	d.ExpectTotals()
}

package mysql_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/internal/mariadbserver"
)

// quiet logs nothing.
var quiet = leat.Logger(relationtest.Quiet)

// shop makes the tables of a shop with n orders.
func shop(t testing.TB, n int) *database {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, placed TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
		CREATE TABLE items (order_id BIGINT, n INT, price BIGINT NOT NULL, PRIMARY KEY (order_id, n));
		CREATE TABLE totals (place BIGINT AUTO_INCREMENT PRIMARY KEY, id BIGINT, items INT, total BIGINT)`)
	d.Grow(n)
	return d
}

// mill makes the shop's mill.
func (d *database) mill(logger *slog.Logger, follow bool) (*leat.Mill, error) {
	var options []mysql.StreamOption
	if follow {
		options = append(options, mysql.FollowInCommitOrder())
	}
	return relationtest.NewMill(mysql.New(d.url,
		mysql.Table[relationtest.Order]("orders", options...),
		mysql.Table[relationtest.Item]("items", options...),
		mysql.Table[relationtest.Total]("totals")), logger)
}

// TestHelperProcess is no test but the process of one.
func TestHelperProcess(t *testing.T) {
	d := databaseAt(t, "", os.Getenv("LEAT_HELPER_URL"))
	switch os.Getenv("LEAT_HELPER") {
	case "":
		t.Skip("no helper process")
	case "follow":
		mill, err := d.mill(relationtest.Quiet, true)
		d.Must(err)
		d.Must(mill.Run(t.Context()))
	}
}

func TestSessions(t *testing.T) { shop(t, 100).CheckSessions() }

func TestKilled(t *testing.T) { shop(t, 50).CheckKilled(8) }

func TestTakenOver(t *testing.T) { shop(t, 20).CheckTakenOver() }

// A run leaves no connection behind.
func TestConnectionsAreClosed(t *testing.T) {
	d := shop(t, 100)
	mill, err := d.mill(relationtest.Quiet, false)
	d.Must(err)
	d.Must(mill.Run(t.Context()))
	d.Wait("SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() HAVING count(*) = 1") // the test's own
}

// A connection that is lost, and a server that is killed and comes back, end no run.
func TestServerIsKilled(t *testing.T) {
	d := shop(t, 20)
	log := &relationtest.Lines{}
	cancel, wait := d.Follow(slog.New(slog.NewTextHandler(log, nil)))
	d.Wait("SELECT 1 FROM totals WHERE id >= 18")
	d.cut()
	d.Grow(20)
	d.Wait("SELECT 1 FROM totals WHERE id >= 38")
	d.Must(server.Kill())
	d.Must(server.Restart(t.Context()))
	d.Must(d.DB.Close())
	d.connect(d.name)
	d.Grow(20)
	d.Wait("SELECT 1 FROM totals WHERE id >= 58")
	cancel()
	if err := wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
	d.ExpectTotalsSoFar()
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), mariadbserver.Password) {
		t.Errorf("the log says nothing of it, or too much:\n%s", log)
	}
}

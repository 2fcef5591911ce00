package postgres_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
)

// Eight writers commit out of the order of ids and roll back, while one mill follows their table and another one its
// changes: nothing is lost or doubled. LEAT_WRITERS says for how long, such as 10m.
func TestWriters(t *testing.T) {
	lasting, err := time.ParseDuration(cmp.Or(os.Getenv("LEAT_WRITERS"), "3s"))
	if err != nil {
		t.Fatal(err)
	}
	d, _ := newEvents(t, false)
	d.exec("CREATE TABLE followed (place bigint GENERATED ALWAYS AS IDENTITY, id bigint)")
	type result struct {
		ID int64 `json:"id"`
	}
	follow, err := leat.New(func(e event) result { return result{e.ID} }, leat.Name("follow"), quiet, leat.Broker(
		postgres.New(d.url, postgres.Table[event]("events", postgres.Follow()), postgres.Table[result]("followed"))))
	d.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		if err := follow.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the run that follows ends with %v", err)
		}
	})
	d.running()
	stop := d.writers()
	defer stop()
	<-time.After(lasting)
	stop()
	d.expectSeen(d)
	d.wait("SELECT FROM followed HAVING count(*) >= (SELECT count(*) FROM events)")
	counts := d.query(`SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM followed), (SELECT count(DISTINCT id) FROM followed),
		(SELECT count(*) FROM seen), (SELECT last_value FROM events_id_seq),
		(SELECT count(*) FROM (SELECT id, lag(id) OVER (ORDER BY place) AS l FROM followed) x WHERE id <= l),
		(SELECT count(*) FROM (SELECT id, lag(id) OVER (ORDER BY place) AS l FROM seen) x WHERE id < l)`)[0]
	t.Logf("in %v, of %s ids %s were committed, and %s were behind higher ones", lasting, counts[4], counts[0], counts[6])
	if counts[1] != counts[0] || counts[2] != counts[0] || counts[5] != "0" {
		t.Errorf("of %s events, %s were followed, %s different ones, %s in disorder", counts[0], counts[1], counts[2], counts[5])
	}
	if fmt.Sprint(counts[6]) == "0" {
		t.Error("no event was committed late: the test shows nothing")
	}
}

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// drainTime is how long a cursor that is closed may wait for what the server is about to send.
const drainTime = time.Second

// A cursor reads the rows of a statement, in a transaction of its own, and asks for them in pages. While the rows of
// one page are taken, the server makes those of the next: a cursor asks for one page ahead, and what has come of it
// stays in the connection until it is taken.
type cursor struct {
	session  *session
	pipeline *pgconn.Pipeline
	// cancel ends whoever waits for a row.
	cancel context.CancelFunc
	// asked holds how many rows each page has at most that was asked for and isn't read to its end, in order.
	asked []int
	// ahead is how many pages are asked for at a time. The first one is alone: a followed stream mostly has no more.
	ahead int
	// page is the one that is read, of which count rows were taken; nil between two pages.
	page  *pgconn.ResultReader
	count int
}

// openCursor makes a statement's cursor, which has the session until it is closed.
func (s *session) openCursor(ctx context.Context, statement string, parameters ...string) (*cursor, error) {
	if err := s.run(ctx, "BEGIN READ ONLY"); err != nil {
		return nil, err
	}
	if _, err := s.rows(ctx, "DECLARE leat_rows NO SCROLL CURSOR FOR "+statement, parameters...); err != nil {
		return nil, err
	}
	// A page may be read in a later call than the one that has asked for it, so it has a context of its own.
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &cursor{session: s, pipeline: s.StartPipeline(reading), cancel: cancel, ahead: 1}, nil
}

// read calls take with the texts of the columns of each of the next rows, at most n of them, and none of another page;
// take may not keep them. pageSize is how many rows the pages have at most that are asked for meanwhile. done says that
// there are no more rows.
func (c *cursor) read(ctx context.Context, n, pageSize int, take func(row [][]byte) error) (done bool, err error) {
	stop := context.AfterFunc(ctx, c.cancel)
	defer stop()
	if c.page == nil {
		if err := c.turnPage(pageSize); err != nil {
			return false, err
		}
	}
	for ; n > 0 && c.page.NextRow(); n-- {
		c.count++
		if err := take(c.page.Values()); err != nil {
			return false, err
		}
	}
	if n > 0 || c.count == c.asked[0] {
		return c.endPage()
	}
	return false, nil
}

// turnPage begins to read the next page.
func (c *cursor) turnPage(pageSize int) error {
	for len(c.asked) < c.ahead {
		c.pipeline.SendQueryParams(fmt.Sprintf("FETCH FORWARD %d FROM leat_rows", pageSize), nil, nil, nil, nil)
		c.asked = append(c.asked, pageSize)
		if err := c.pipeline.Sync(); err != nil {
			return err
		}
	}
	c.ahead = 2
	results, err := c.pipeline.GetResults()
	if err != nil {
		return err
	}
	page, ok := results.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("rows were expected from the server, but %T has come", results)
	}
	c.page, c.count = page, 0
	return nil
}

// endPage ends the page whose rows were taken. One with fewer rows than were asked for is the last.
func (c *cursor) endPage() (isLast bool, err error) {
	if _, err := c.page.Close(); err != nil {
		return false, err
	}
	if _, err := c.pipeline.GetResults(); err != nil { // the server is ready for the next one
		return false, err
	}
	isLast = c.count < c.asked[0]
	c.page, c.asked = nil, c.asked[1:]
	return isLast, nil
}

// commit ends the cursor when all rows were taken, and gives the session back.
func (c *cursor) commit(ctx context.Context) error {
	stop := context.AfterFunc(ctx, c.cancel)
	err := c.pipeline.Close()
	stop()
	c.cancel()
	if err != nil {
		return err
	}
	return c.session.run(ctx, "COMMIT")
}

// close ends the cursor wherever it stands, and leaves the session good for closing only. It takes what is under way,
// so that the server can end the connection in good order.
func (c *cursor) close() {
	if c == nil {
		return
	}
	if !c.session.IsClosed() {
		timer := time.AfterFunc(drainTime, c.cancel)
		_ = c.pipeline.Close()
		timer.Stop()
	}
	c.cancel()
}

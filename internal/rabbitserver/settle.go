package rabbitserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// settleTimeout is how long the server may take to save its table: it does so when nobody has used it for a second.
	settleTimeout = time.Minute
	// closedAt is where a table of Erlang's says whether it is saved, by a four-byte number that is then isClosed.
	closedAt, isClosed = 8, 1
)

// Settle waits until a server that is killed from then on finds its streams again. Call it once, after the first stream
// was made: that starts the process that knows them all, whose name the server puts into a table. RabbitMQ leaves it to
// Erlang to save the table, about a second later. A server that is killed before knows none of its streams any more, nor
// do later starts.
func (s *Server) Settle(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	settled := func(context.Context) bool { return s.isSettled() }
	if err := s.process.Await(limited, 50*time.Millisecond, settled); err != nil {
		return fmt.Errorf("wait until RabbitMQ has saved the name of the process that knows its streams: %w", err)
	}
	return nil
}

func (s *Server) isSettled() bool {
	tables, err := filepath.Glob(s.file("data/*/coordination/*/names.dets"))
	if err != nil || len(tables) != 1 {
		return false
	}
	table, err := os.ReadFile(tables[0])
	return err == nil && len(table) > closedAt+4 && binary.BigEndian.Uint32(table[closedAt:]) == isClosed &&
		bytes.Contains(table, []byte("rabbit_stream_coordinator"))
}

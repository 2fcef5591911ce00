package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
)

const (
	// pieceArguments and pieceBytes are how much is sent to the server in one command, about. It takes a million
	// arguments.
	pieceArguments = 100_000
	pieceBytes     = 8 << 20
	// stagedFor is how long what was staged stays there where the run has died before its commit.
	stagedFor = 10 * time.Minute
)

// A publisher adds what a commit publishes.
type publisher func(c *broker.Commit, p *publication) error

// A publication is what a commit adds to outputs. Where that is more than one command takes, it is sent in pieces to
// lists beside the positions, which the script reads.
type publication struct {
	outputs []string
	// pieces hold entries as the script takes them: output, number of its fields and values, and these.
	pieces [][]any
	// bytes is the size of the last piece.
	bytes int
}

// add adds an entry of an output.
func (p *publication) add(output int, fields []string) {
	last := len(p.pieces) - 1
	if last < 0 || len(p.pieces[last]) >= pieceArguments || p.bytes >= pieceBytes {
		p.pieces = append(p.pieces, nil)
		p.bytes = 0
		last++
	}
	piece := append(p.pieces[last], output+1, len(fields))
	for _, f := range fields {
		piece = append(piece, f)
		p.bytes += len(f)
	}
	p.pieces[last] = piece
}

// send runs the script of a commit.
func (l *ledger) send(ctx context.Context, c *goredis.Client, partitions []any, p *publication) ([]any, error) {
	keys := append([]string{l.key}, p.outputs...)
	var lengths, results []any
	if len(p.pieces) == 1 {
		results = p.pieces[0]
	} else {
		for i, piece := range p.pieces {
			key := fmt.Sprintf("%s:staged:%s:%d:%d", l.key, l.run, l.commits+1, i)
			if err := stage(ctx, c, key, piece); err != nil {
				return nil, err
			}
			keys, lengths = append(keys, key), append(lengths, len(piece))
		}
	}
	arguments := append([]any{l.commits + 1, len(partitions) / 4, len(lengths)}, partitions...)
	arguments = append(append(arguments, lengths...), results...)
	return l.scripts.commit.Run(ctx, c, keys, arguments...).Slice()
}

// stage puts a piece into a list, in place of what an attempt before has put there.
func stage(ctx context.Context, c *goredis.Client, key string, piece []any) error {
	if err := c.Del(ctx, key).Err(); err != nil {
		return err
	}
	if err := c.RPush(ctx, key, piece...).Err(); err != nil {
		return err
	}
	return c.Expire(ctx, key, stagedFor).Err()
}

package postgres

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/broker"
)

const (
	// holdersOf are those whose connection is there: a run has one for as long as it goes on.
	holdersOf = `SELECT l.holder FROM leat_positions l JOIN pg_stat_activity a
		ON a.pid = l.backend AND a.backend_start = l.backend_start
		WHERE l.name = $1 AND a.pid <> pg_backend_pid() LIMIT 1`
	removePositions = `DELETE FROM leat_positions WHERE name = $1`
)

// Remove implements broker.Remover.
func (l *ledger) Remove(ctx context.Context) error {
	return l.lookedAt(ctx, func(s *session) error {
		holders, err := s.rows(ctx, holdersOf, l.name)
		if err != nil {
			return err
		}
		if len(holders) > 0 {
			return fmt.Errorf("%w: %s holds the positions of %q", broker.ErrHeld, text(holders, 0), l.name)
		}
		_, err = s.rows(ctx, removePositions, l.name)
		return err
	})
}

package relation

import "context"

// Remove implements broker.Remover. Whether a run is under way isn't known.
func (l *ledger) Remove(ctx context.Context) error {
	return l.lookedAt(ctx, func() error {
		_, err := l.conn.ExecContext(ctx, "DELETE FROM leat_positions WHERE name = ?", l.name)
		return err
	})
}

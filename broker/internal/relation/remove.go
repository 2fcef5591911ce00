package relation

import "context"

// Remove implements broker.Remover. Whether a run is under way isn't known.
func (l *ledger) Remove(ctx context.Context) error {
	return l.inTurn(ctx, func() error {
		if !l.writes { // the connection is one for looking
			l.close()
			l.writes = true
		}
		return l.look(ctx, func() error {
			_, err := l.conn.ExecContext(ctx, "DELETE FROM leat_positions WHERE name = ?", l.name)
			return err
		})
	})
}

package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker/internal/relation"
)

const makeLedger = "CREATE TABLE IF NOT EXISTS leat_positions (name varchar(190) NOT NULL, `partition` int NOT NULL, " +
	"epoch bigint NOT NULL, progress longtext, committed varchar(40), holder varchar(400) NOT NULL, " +
	"claimed varchar(40) NOT NULL, PRIMARY KEY (name, `partition`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

// HasLedger implements relation.Fence.
func (d *database) HasLedger(ctx context.Context, conn *sql.Conn) (bool, error) {
	var n int
	err := conn.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.tables "+
		"WHERE table_schema = DATABASE() AND table_name = 'leat_positions'").Scan(&n)
	return n > 0, err
}

// MakeLedger implements relation.Fence.
func (d *database) MakeLedger(ctx context.Context, conn *sql.Conn) error {
	exists, err := d.HasLedger(ctx, conn)
	if err != nil {
		return err
	}
	if !exists {
		_, err := conn.ExecContext(ctx, makeLedger)
		return err
	}
	return transactional(ctx, conn, "leat_positions")
}

// TryLedger implements relation.Fence, by statements that the server checks rights for, and that change nothing: it explains
// them, or finds a copy of what there isn't.
func (d *database) TryLedger(ctx context.Context, conn *sql.Conn) error {
	exists, err := d.HasLedger(ctx, conn)
	if err != nil {
		return err
	}
	if !exists {
		_, err := conn.ExecContext(ctx, "CREATE TABLE leat_positions LIKE leat_nothing")
		switch number(err) {
		case 1142, 1044:
			if strings.Contains(err.Error(), "leat_positions") { // and not the other one, which nobody needs
				return err
			}
		case 1290, 1836:
			return err
		}
		return nil
	}
	if err := transactional(ctx, conn, "leat_positions"); err != nil {
		return err
	}
	for _, statement := range []string{"EXPLAIN UPDATE leat_positions SET epoch = epoch WHERE name = ''",
		"EXPLAIN INSERT INTO leat_positions VALUES ()"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// Weaknesses implements relation.Fence.
func (d *database) Weaknesses(ctx context.Context, conn *sql.Conn) ([]string, error) {
	var flush int
	err := conn.QueryRowContext(ctx, "SELECT @@innodb_flush_log_at_trx_commit").Scan(&flush)
	if err != nil || flush == 1 {
		return nil, err
	}
	return []string{fmt.Sprintf("innodb_flush_log_at_trx_commit is %d: SET GLOBAL innodb_flush_log_at_trx_commit = 1, and the "+
		"same in the server's configuration", flush)}, nil
}

// Begin implements relation.Fence.
func (d *database) Begin(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "START TRANSACTION")
	return err
}

// Commit implements relation.Fence.
func (d *database) Commit(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "COMMIT")
	return err
}

// lock is the name of a lock that the connection holds by which a claim was made, as long as it lives: a successor finds
// the connection by it. The server knows the names of all databases, of at most 64 characters.
func (d *database) lock(c relation.Claim) string {
	text := fmt.Sprintf("%s|%s|%d|%d", d.config.DBName, c.Name, c.Partition, c.Epoch)
	return fmt.Sprintf("leat %x", sha256.Sum256([]byte(text)))[:45]
}

// Claiming implements relation.Fence.
func (d *database) Claiming(ctx context.Context, conn *sql.Conn, c relation.Claim) error {
	_, err := conn.ExecContext(ctx, "DO GET_LOCK(?, 0)", d.lock(c))
	return err
}

// Oust implements relation.Fence.
func (d *database) Oust(ctx context.Context, conn *sql.Conn, c relation.Claim) {
	if c.Epoch == 0 {
		return // nobody's
	}
	var id sql.NullInt64
	err := conn.QueryRowContext(ctx, "SELECT nullif(IS_USED_LOCK(?), CONNECTION_ID())", d.lock(c)).Scan(&id)
	if err == nil && !id.Valid {
		return
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, fmt.Sprintf("KILL %d", id.Int64))
	}
	switch {
	case number(err) == 1094: // it has gone by itself
	case err != nil:
		d.logger.Warn("the connection of the run before can't be ended; GRANT CONNECTION_ADMIN, in MariaDB CONNECTION "+
			"ADMIN, ON *.* TO "+d.grantee(), "holder", c.Holder, "id", id.Int64, "error", err)
	default:
		d.logger.Info("the connection of the run before was ended", "name", c.Name, "holder", c.Holder)
	}
}

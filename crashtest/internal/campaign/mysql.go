package campaign

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/mariadbserver"
)

func mysqlKind() kind {
	return kind{name: "mysql", start: startMySQL, broker: mysqlBroker, commit: "\x03COMMIT",
		// OK, of no rows, outside of a transaction.
		committed: "\x07\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"}
}

func mysqlBroker(target string) broker.Storage {
	return mysql.New(target,
		mysql.Table[workload.Step](workload.Steps, mysql.FollowInCommitOrder()),
		mysql.Table[workload.Next](workload.Steps, mysql.FollowInCommitOrder()),
		mysql.Table[workload.Detail](workload.Details, mysql.FollowInCommitOrder()),
		mysql.Table[workload.Note](workload.Notes, mysql.FollowInCommitOrder()),
		mysql.Table[workload.Halt](workload.Notes, mysql.FollowInCommitOrder()),
		mysql.Table[workload.Result](workload.Results))
}

// A mysqlStorage is a MariaDB. Each stream has one writer, so that its rows are committed in their order.
type mysqlStorage struct {
	process *mariadbserver.Server
	db      *sql.DB
}

func startMySQL(ctx context.Context, dir string) (storage, error) {
	process, err := mariadbserver.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	s := &mysqlStorage{process: process}
	if err := s.makeTables(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *mysqlStorage) makeTables(ctx context.Context) error {
	config := driver.NewConfig()
	config.User, config.Passwd, config.DBName = mariadbserver.User, mariadbserver.Password, mariadbserver.Database
	config.Net, config.Addr, config.Logger = "tcp", s.process.Address(), &driver.NopLogger{}
	config.Params = map[string]string{"sql_mode": "'ANSI_QUOTES'"}
	connector, err := driver.NewConnector(config)
	if err != nil {
		return err
	}
	s.db = sql.OpenDB(connector)
	for _, statement := range makeTables("bigint PRIMARY KEY", "bigint AUTO_INCREMENT PRIMARY KEY") {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (s *mysqlStorage) server() server { return s.process }

func (s *mysqlStorage) target(address string) string {
	return fmt.Sprintf("mysql://%s:%s@%s/%s", mariadbserver.User, mariadbserver.Password, address, mariadbserver.Database)
}

func (s *mysqlStorage) append(ctx context.Context, stream string, first int, elements []*workload.Element) error {
	_, err := s.db.ExecContext(ctx, "INSERT IGNORE "+intoTable(stream, first, elements))
	return err
}

func (s *mysqlStorage) output() output { return &sqlOutput{db: s.db} }

func (s *mysqlStorage) close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.process.Stop())
}

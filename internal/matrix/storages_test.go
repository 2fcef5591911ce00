package matrix_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/internal/natsserver"
	"github.com/leat-go/leat/internal/postgresserver"
	"github.com/leat-go/leat/internal/rabbitserver"
	"github.com/leat-go/leat/internal/redisserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
	"github.com/leat-go/leat/pipeline/topic"
)

var quiet = slog.New(slog.DiscardHandler)

const (
	exactlyOnce = "exactly once"
	atEnd       = "all at the end or nothing"
)

// storages returns the storages that there are, files first, with real servers. A server that isn't installed is left
// out, unless its LEAT_TEST variable says "must".
func (w *workplace) storages() []*storage {
	w.Helper()
	all := []*storage{
		{
			name: "file", guarantee: atEnd, ends: true,
			stream: func(_, name string, _ bool) string { return "file: " + name + ".jsonl" },
		},
		w.kafka(), sqliteStorage(),
	}
	for variable, start := range map[string]func(dir string) (*storage, error){
		"LEAT_TEST_POSTGRES": w.postgres, "LEAT_TEST_MARIADB": w.mysql, "LEAT_TEST_REDIS": w.redis,
		"LEAT_TEST_RABBITMQ": w.rabbitmq, "LEAT_TEST_NATS": w.nats,
	} {
		s, err := start(filepath.Join(fixture.Dir(w), "server"))
		switch {
		case err == nil:
			all = append(all, s)
		case os.Getenv(variable) == "must":
			w.Fatal(err)
		default:
			w.Logf("left out: %v", err)
		}
	}
	return all
}

// kafka is the one at LEAT_TEST_KAFKA, or else one in this process.
func (w *workplace) kafka() *storage {
	w.Helper()
	brokers := os.Getenv("LEAT_TEST_KAFKA")
	if brokers == "" {
		demo, err := topic.StartDemo(false)
		if err != nil {
			w.Fatal(err)
		}
		w.Cleanup(demo.Close)
		brokers = strings.Join(demo.Brokers, ",")
	}
	return &storage{
		name: "kafka", guarantee: exactlyOnce,
		connection: "kafka: {brokers: ['" + strings.ReplaceAll(brokers, ",", "', '") + "']}\n",
		stream:     func(_, name string, _ bool) string { return "topic: " + w.prefix + name },
	}
}

func sqliteStorage() *storage {
	return &storage{
		name: "sqlite", guarantee: exactlyOnce, ends: true, connection: "sqlite: {file: matrix.db}\n",
		stream: func(kind, name string, read bool) string {
			if read {
				return fmt.Sprintf("sqlite: {table: %s, order: %s}", name, orderOf(kind))
			}
			return fmt.Sprintf("sqlite: {table: %s, conflict: %s, columns: {%s}}", name, orderOf(kind),
				pairs(kind))
		},
	}
}

// orderOf is the key of a kind of stream.
func orderOf(kind string) string {
	if kind == "items" {
		return "[id, n]"
	}
	return "[id]"
}

// pairs are the columns of a kind of stream, in YAML.
func pairs(kind string) string {
	var all []string
	for _, column := range columns[kind] {
		name, of, _ := strings.Cut(column, " ")
		all = append(all, name+": "+of)
	}
	return strings.Join(all, ", ")
}

func (w *workplace) postgres(dir string) (*storage, error) {
	server, err := postgresserver.Start(w.Context(), dir)
	if err != nil {
		return nil, err
	}
	w.stop(server.Stop)
	url := server.URL(postgresserver.User, postgresserver.Password, "postgres")
	conn, err := pgconn.Connect(w.Context(), url)
	if err != nil {
		return nil, err
	}
	w.Cleanup(func() { _ = conn.Close(context.Background()) })
	return &storage{
		name: "postgres", guarantee: exactlyOnce, ends: true, connection: "postgres: {url: '" + url + "'}\n",
		stream: func(kind, name string, read bool) string {
			if read {
				return fmt.Sprintf("postgres: {table: %s, order: %s}", name, orderOf(kind))
			}
			return "postgres: {table: " + name + "}"
		},
		prepare: func(kind, name string) error {
			_, err := conn.Exec(w.Context(), fmt.Sprintf("CREATE TABLE %s (%s, PRIMARY KEY (%s))", name,
				strings.Join(columns[kind], ", "), strings.Trim(orderOf(kind), "[]"))).ReadAll()
			return err
		},
	}, nil
}

func (w *workplace) mysql(dir string) (*storage, error) {
	server, err := mariadbserver.Start(w.Context(), dir)
	if err != nil {
		return nil, err
	}
	w.stop(server.Stop)
	w.Setenv("LEAT_MATRIX_MYSQL", mariadbserver.Password)
	return &storage{
		name: "mysql", guarantee: exactlyOnce, ends: true,
		connection: fmt.Sprintf("mysql: {url: 'mysql://%s@%s/%s', password_env: LEAT_MATRIX_MYSQL}\n", mariadbserver.User,
			server.Address(), mariadbserver.Database),
		stream: func(kind, name string, read bool) string {
			if read {
				return fmt.Sprintf("mysql: {table: %s, order: %s}", name, orderOf(kind))
			}
			return fmt.Sprintf("mysql: {table: %s, conflict: %s, columns: {%s}}", name, orderOf(kind), pairs(kind))
		},
	}, nil
}

func (w *workplace) redis(dir string) (*storage, error) {
	server, err := redisserver.Start(w.Context(), dir)
	if err != nil {
		return nil, err
	}
	w.stop(server.Kill)
	w.Setenv("LEAT_MATRIX_REDIS", redisserver.Password)
	return &storage{
		name: "redis", guarantee: exactlyOnce,
		connection: fmt.Sprintf("redis: {url: 'redis://default@%s', password_env: LEAT_MATRIX_REDIS}\n", server.Address()),
		stream:     func(_, name string, _ bool) string { return "redis: {stream: " + name + "}" },
	}, nil
}

func (w *workplace) rabbitmq(dir string) (*storage, error) {
	server, err := rabbitserver.Start(w.Context(), dir)
	if err != nil {
		return nil, err
	}
	w.stop(server.Stop)
	w.Setenv("LEAT_MATRIX_RABBIT", rabbitserver.Password)
	return &storage{
		name: "rabbitmq", guarantee: exactlyOnce,
		connection: fmt.Sprintf("rabbitmq: {url: 'rabbitmq-stream://%s@%s', password_env: LEAT_MATRIX_RABBIT}\n",
			rabbitserver.User, server.StreamAddress()),
		stream: func(_, name string, _ bool) string { return "rabbitmq: {stream: " + name + "}" },
	}, nil
}

func (w *workplace) nats(dir string) (*storage, error) {
	program, err := natsserver.Build(w.Context(), filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	server, err := natsserver.Start(w.Context(), program, dir, "")
	if err != nil {
		return nil, errors.Join(errors.New("the NATS server doesn't start"), err)
	}
	w.stop(server.Stop)
	return &storage{
		name: "nats", guarantee: exactlyOnce, connection: "nats: {url: '" + server.URL() + "'}\n",
		stream: func(_, name string, _ bool) string { return "nats: {subject: " + name + "}" },
	}, nil
}

// stop ends a server at the end of the test.
func (w *workplace) stop(end func() error) {
	w.Cleanup(func() {
		if err := end(); err != nil {
			w.Error(err)
		}
	})
}

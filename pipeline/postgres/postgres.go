// Package postgres lets pipeline files name tables and queries of a PostgreSQL database:
//
//	postgres: {url: "postgres://leat@localhost/shop", password_env: SHOP_PASSWORD}
//	streams:
//	  orders: {postgres: {table: orders, order: [placed, id]}}
//	  items:  {postgres: {query: "SELECT o.id, i.sku FROM o JOIN i USING (id)", order: [id, sku]}}
//	  totals: {postgres: {table: totals, conflict: [id]}}
//
// A program gives it to the pipeline, as in pipeline.Load(path, postgres.Storage()); the command leat does. What tables
// and queries mean is described in package broker/postgres.
package postgres

import (
	"crypto/tls"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// Storage returns the storage, for pipeline.Load and pipeline.Parse.
func Storage() storage.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "postgres" }

func (kind) Example() string {
	return `postgres: {url: "postgres://user@localhost/database", password_env: VARIABLE}, or postgres: {} where the ` +
		`environment's PG… variables say it`
}

// A connection is what a pipeline file says of how to reach a database.
type connection struct {
	url      string
	at       description.Text
	password storage.Secret
	tls      *description.TLS
}

func (kind) Connection(section *description.Section) (storage.Connection, error) {
	section.Only("url", "password_env", "tls")
	url := section.Text("url")
	c := &connection{url.Value, section.Name, storage.ReadSecret(section, "password_env"), section.TLS()}
	if err := section.Err(); err != nil {
		return nil, err
	}
	if url.Value != "" {
		c.at = url
	}
	if _, err := pgconn.ParseConfig(c.url); err != nil {
		return nil, c.at.Errorf("%v; a url looks like postgres://user@host:5432/database", err)
	}
	return c, nil
}

func (kind) Stream(name string, section *description.Section) (*storage.Stream, error) {
	if section.Has("changes") {
		return readChanges(name, section)
	}
	s, err := storage.ReadRelation(name, section, "partition_by", "partitions")
	if err != nil {
		return nil, err
	}
	r := s.Settings.(storage.Relation)
	r.PartitionBy, r.Partitions = section.Text("partition_by").Value, section.Count("partitions")
	s.OnlyReadIf(section, "partition_by", "partitions")
	s.Settings = r
	switch {
	case section.Has("partition_by") && !section.Has("partitions"):
		return nil, section.At("partition_by").Errorf("into how many partitions is missing: add partitions: N")
	case section.Has("partitions") && !section.Has("partition_by"):
		return nil, section.At("partitions").Errorf("by which column is missing: add partition_by: COLUMN")
	}
	return s, section.Err()
}

// Access implements [storage.Connection].
func (c *connection) Access() broker.Access {
	access := broker.Access{Address: "it is in the url", Password: c.password.Or("it is in the url, in PGPASSWORD, in ~/.pgpass")}
	if c.url == "" {
		access.Address = "it is in the environment variables PGHOST and PGPORT, or in the member url of postgres"
		access.Password = c.password.Or("it is in PGPASSWORD, in ~/.pgpass")
	}
	return access
}

// Broker makes the broker of a run.
func (c *connection) Broker(setup *storage.Setup) (broker.Storage, error) {
	var options []postgres.Option
	for _, s := range setup.Streams {
		options = append(options, declare(s))
	}
	password, certificates, err := setup.Secrets(c.password, c.tls)
	if err != nil {
		return nil, err
	}
	return postgres.New(c.url, append(options, postgres.Configure(func(config *pgconn.Config) {
		if password != "" {
			config.Password = password
		}
		if certificates != nil {
			secure(config, certificates)
		}
	}))...), nil
}

// secure has all servers that the url names reached by TLS, and by nothing else.
func secure(config *pgconn.Config, certificates *tls.Config) {
	of := func(host string) *tls.Config {
		named := certificates.Clone()
		named.ServerName = host
		return named
	}
	config.TLSConfig = of(config.Host)
	// With sslmode=prefer, which is the default, a server is tried without TLS, too; that would be the same twice now.
	last := pgconn.FallbackConfig{Host: config.Host, Port: config.Port}
	config.Fallbacks = slices.DeleteFunc(config.Fallbacks, func(other *pgconn.FallbackConfig) bool {
		again := other.Host == last.Host && other.Port == last.Port
		last = *other
		return again
	})
	for _, other := range config.Fallbacks {
		other.TLSConfig = of(other.Host)
	}
}

// declare declares a stream.
func declare(s storage.Declared) postgres.Option {
	options := storage.Options[postgres.StreamOption]{
		Named: postgres.Named, DataTimeout: postgres.DataTimeout, MaxElement: postgres.MaxElement, Follow: postgres.Follow,
		OrderBy: postgres.OrderBy, Conflict: postgres.Conflict, Columns: postgres.Columns, Mark: `"`,
	}.Of(s)
	if set, ok := s.Stored.Settings.(changes); ok {
		return postgres.Changes[object.Object](s.Name, set.tables, append(options, set.options()...)...)
	}
	r := s.Stored.Settings.(storage.Relation)
	if r.PartitionBy != "" {
		options = append(options, postgres.PartitionBy(r.PartitionBy, r.Partitions))
	}
	if r.Query != "" {
		return postgres.Query[object.Object](s.Name, r.Query, options...)
	}
	return postgres.Table[object.Object](s.Name, options...)
}

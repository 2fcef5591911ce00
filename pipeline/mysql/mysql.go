// Package mysql lets pipeline files name tables and queries of a MySQL or MariaDB database:
//
//	mysql: {url: "mysql://leat@localhost/shop", password_env: SHOP_PASSWORD}
//	streams:
//	  orders: {mysql: {table: orders, order: [placed, id]}}
//	  items:  {mysql: {query: "SELECT o.id, i.sku FROM o JOIN i USING (id)", order: [id, sku]}}
//	  totals: {mysql: {table: totals, conflict: id}}
//
// A program gives it to the pipeline, as in pipeline.Load(path, mysql.Storage()); the command leat does. What tables
// and queries mean is described in package broker/mysql.
package mysql

import (
	"cmp"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// Storage returns the storage, for pipeline.Load and pipeline.Parse.
func Storage() storage.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "mysql" }

func (kind) Example() string {
	return `mysql: {url: "mysql://user@localhost/database", password_env: VARIABLE}, or mysql: {} where the ` +
		`environment's MYSQL_… variables say it`
}

// A connection is what a pipeline file says of how to reach a database.
type connection struct {
	url      string
	password storage.Secret
	tls      *description.TLS
}

func (kind) Connection(section *description.Section) (storage.Connection, error) {
	section.Only("url", "password_env", "tls")
	url := section.Text("url")
	c := &connection{url.Value, storage.ReadSecret(section, "password_env"), section.TLS()}
	if err := section.Err(); err != nil {
		return nil, err
	}
	if _, err := mysql.ParseURL(c.url); err != nil {
		if url.Value == "" {
			url = section.Name
		}
		return nil, url.Errorf("%s", strings.TrimPrefix(err.Error(), "mysql: "))
	}
	return c, nil
}

func (kind) Stream(name string, section *description.Section) (*storage.Stream, error) {
	s, err := storage.ReadRelation(name, section, "in_commit_order")
	if err != nil {
		return nil, err
	}
	promised := section.Bool("in_commit_order")
	s.OnlyReadIf(section, "in_commit_order")
	switch {
	case section.Err() != nil:
		return nil, section.Err()
	case s.Reading.Follow && !promised:
		return nil, section.At("follow").Errorf("MySQL tells no reader of rows that are committed late, behind others that " +
			"come after them in the order, so that they would be missed: where that can't happen, because one writer adds " +
			"the rows or each takes a lock, say so by in_commit_order: true; else leave follow out and run again for what " +
			"is new")
	case promised && !s.Reading.Follow:
		return nil, section.At("in_commit_order").Errorf("it is about a stream that is followed: add follow: true")
	}
	return s, nil
}

// Access implements [storage.Connection].
func (c *connection) Access() broker.Access {
	access := broker.Access{Address: "it is in the url", Password: c.password.Or("it is in the url, in MYSQL_PWD")}
	if c.url == "" {
		access.Address = "it is in the environment variables MYSQL_HOST and MYSQL_TCP_PORT, or in the member url of mysql"
		access.Password = c.password.Or("it is in MYSQL_PWD")
	}
	return access
}

// Broker makes the broker of a run.
func (c *connection) Broker(setup *storage.Setup) (broker.Storage, error) {
	var options []mysql.Option
	for _, s := range setup.Streams {
		options = append(options, declare(s))
	}
	password, certificates, err := setup.Secrets(c.password, c.tls)
	if err != nil {
		return nil, err
	}
	return mysql.New(c.url, append(options, mysql.Configure(func(config *driver.Config) {
		config.Passwd = cmp.Or(password, config.Passwd)
		if certificates != nil {
			// The driver adds the name of the server, which is verified. What the url says of TLS doesn't count.
			config.TLS, config.TLSConfig = certificates, ""
		}
	}))...), nil
}

// declare declares a stream.
func declare(s storage.Declared) mysql.Option {
	options := storage.Options[mysql.StreamOption]{
		Named: mysql.Named, DataTimeout: mysql.DataTimeout, MaxElement: mysql.MaxElement, Follow: mysql.FollowInCommitOrder,
		OrderBy: mysql.OrderBy, Conflict: mysql.Conflict, Columns: mysql.Columns, Mark: "`",
	}.Of(s)
	if query := s.Stored.Settings.(storage.Relation).Query; query != "" {
		return mysql.Query[object.Object](s.Name, query, options...)
	}
	return mysql.Table[object.Object](s.Name, options...)
}

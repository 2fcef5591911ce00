// Package sqlite lets pipeline files name tables and queries of an SQLite database, which is a file:
//
//	sqlite: {file: shop.db}
//	streams:
//	  orders: {sqlite: {table: orders, order: id}}
//	  totals: {sqlite: {table: totals, conflict: id, columns: {id: INTEGER, total: NUMERIC}}}
//
// A program gives it to the pipeline, as in pipeline.Load(path, sqlite.Storage()); the command leat does. What tables
// and queries mean is described in package broker/sqlite.
package sqlite

import (
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/sqlite"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// Storage returns the storage, for pipeline.Load and pipeline.Parse.
func Storage() storage.Kind { return kind{} }

type kind struct{}

func (kind) Name() string { return "sqlite" }

func (kind) Example() string { return "sqlite: {file: shop.db}" }

// A connection is the path of the database as the pipeline file has it.
type connection struct{ file string }

func (kind) Connection(section *description.Section) (storage.Connection, error) {
	section.Only("file")
	c := &connection{section.Text("file").Value}
	if c.file == "" && section.Err() == nil {
		return nil, section.Errorf("sqlite must be given as {file: PATH}")
	}
	return c, section.Err()
}

func (kind) Stream(name string, section *description.Section) (*storage.Stream, error) {
	return storage.ReadRelation(name, section)
}

// Access implements [storage.Connection]. A file has neither.
func (c *connection) Access() broker.Access { return broker.Access{} }

// Broker makes the broker of a run.
func (c *connection) Broker(setup *storage.Setup) (broker.Storage, error) {
	var options []sqlite.Option
	for _, s := range setup.Streams {
		options = append(options, declare(s))
	}
	return sqlite.New(setup.Path(c.file), options...), nil
}

// declare declares a stream.
func declare(s storage.Declared) sqlite.Option {
	options := storage.Options[sqlite.StreamOption]{
		Named: sqlite.Named, DataTimeout: sqlite.DataTimeout, MaxElement: sqlite.MaxElement, Follow: sqlite.Follow,
		OrderBy: sqlite.OrderBy, Conflict: sqlite.Conflict, Columns: sqlite.Columns, Mark: `"`,
	}.Of(s)
	if query := s.Stored.Settings.(storage.Relation).Query; query != "" {
		return sqlite.Query[object.Object](s.Name, query, options...)
	}
	return sqlite.Table[object.Object](s.Name, options...)
}

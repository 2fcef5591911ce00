package storage

import (
	"slices"

	"github.com/leat-go/leat/pipeline/internal/description"
)

// relationMembers are those of a stream that is a table or a query.
var relationMembers = []string{"table", "query", "order", "follow", "data_timeout", "max_element", "conflict", "columns"}

// A Relation is what a pipeline file says of a stream that is a table or a query.
type Relation struct {
	// Query is what is read; empty for a table.
	Query string
	// Order are the columns that rows are ordered by, and Conflict those by which a result replaces a row.
	Order, Conflict []string
	// Columns are those that a table is made with.
	Columns []Column
	// PartitionBy is the column that a stream is divided by, into so many partitions; none where it is empty.
	PartitionBy string
	Partitions  int
}

// A Column is one that a table is made with, such as id bigint.
type Column struct{ Name, Type string }

// ReadRelation reads the member of a stream that is a table or a query. There may be more members than those that all
// storages have.
func ReadRelation(name string, section *description.Section, more ...string) (*Stream, error) {
	section.Only(slices.Concat(relationMembers, more)...)
	form := section.One(`{table: NAME, order: [COLUMN, …]} or {query: "SELECT …", order: [COLUMN, …]}`, "table", "query")
	r := Relation{Order: section.Strings("order"), Conflict: section.Strings("conflict")}
	for _, column := range section.Pairs("columns") {
		r.Columns = append(r.Columns, Column{column.Name.Value, column.Value.Value})
	}
	s := &Stream{}
	s.OnlyReadIf(section, "query", "order")
	s.OnlyWrittenIf(section, "conflict", "columns")
	s.ReadReading(section)
	if form == "query" {
		s.Name, s.Text, s.Called = name, section.Text("query"), "query "+name
		r.Query = s.Text.Value
	} else {
		s.Text = section.Text("table")
		s.Name, s.Called = s.Text.Value, "table "+s.Text.Value
	}
	s.Settings = r
	if form == "query" && r.Order == nil && section.Err() == nil {
		return nil, s.Text.Errorf("a query has no primary key that its rows would be ordered by: add order: [COLUMN, …], " +
			"with columns that tell rows apart")
	}
	return s, section.Err()
}

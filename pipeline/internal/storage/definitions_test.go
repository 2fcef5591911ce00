package storage

import (
	"slices"
	"testing"
)

// Columns are called as results' members are, whatever SQL takes their names for; what is quoted already, and constraints, stay.
func TestDefinitions(t *testing.T) {
	r := Relation{Columns: []Column{
		{"id", "bigint"}, {"offset", "INTEGER"}, {"At`s", "TEXT"}, {`"column"`, "TEXT"}, {"unique", "TEXT"},
		{"PRIMARY KEY", "(id)"}, {"UNIQUE", "(id, offset)"}, {"CONSTRAINT positive", "CHECK (id > 0)"},
	}}
	want := []string{
		"`id` bigint", "`offset` INTEGER", "`At``s` TEXT", `"column" TEXT`, "`unique` TEXT", "PRIMARY KEY (id)", "UNIQUE (id, offset)",
		"CONSTRAINT positive CHECK (id > 0)",
	}
	if got := r.definitions("`"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

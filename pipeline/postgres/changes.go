package postgres

import (
	"strings"

	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// changes are what a pipeline file says of a stream that is the changes of tables.
type changes struct {
	tables            []string
	rows, tombstones  bool
	slot, publication string
	temporary         bool
}

func readChanges(name string, section *description.Section) (*storage.Stream, error) {
	section.Only("changes", "as", "tombstones", "slot", "publication", "temporary", "data_timeout", "max_element")
	tables := section.Texts("changes")
	set := changes{
		tables: section.Strings("changes"), tombstones: section.Bool("tombstones"), temporary: section.Bool("temporary"),
		slot: section.Text("slot").Value, publication: section.Text("publication").Value,
	}
	if as := section.Text("as"); as.Value != "" && as.Value != "rows" {
		section.Note(as.Errorf(`as must be rows, the rows after the changes; left out, elements are the changes`))
	} else {
		set.rows = as.Value != ""
	}
	if set.tombstones && !set.rows {
		section.Note(section.At("tombstones").Errorf("tombstones are deletions among rows: add as: rows"))
	}
	s := &storage.Stream{
		Name: name, Called: "changes of " + strings.Join(set.tables, ", "), Settings: set,
		ReadOnce: true, // a slot is made, and passes over what was acknowledged
	}
	if len(tables) > 0 {
		s.Text = tables[0]
	}
	s.OnlyReadIf(section, "changes")
	s.ReadReading(section)
	s.Reading.Follow, s.Reading.Tombstones = true, set.tombstones
	return s, section.Err()
}

func (c changes) options() (options []postgres.StreamOption) {
	if c.rows {
		options = append(options, postgres.AsRows())
	}
	if c.tombstones {
		options = append(options, postgres.Tombstones())
	}
	if c.temporary {
		options = append(options, postgres.Temporary())
	}
	if c.slot != "" {
		options = append(options, postgres.Slot(c.slot))
	}
	if c.publication != "" {
		options = append(options, postgres.Publication(c.publication))
	}
	return options
}

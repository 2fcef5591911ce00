package description

import (
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/broker/file/parquet"
)

// parquet reads how a Parquet file is written.
func (s *source) parquet(stream *Stream, m *member, what string) error {
	what = "parquet of " + what
	section, err := s.mapping(m.value, what)
	if err != nil {
		return err
	}
	if err := s.only(section, what, "columns", "row_group", "compression"); err != nil {
		return err
	}
	o := &parquet.Options{}
	for _, member := range section.members {
		switch member.name.Value {
		case "columns":
			err = s.parquetColumns(o, &member, what)
		case "row_group":
			o.RowGroup, err = s.rows(member.value)
		case "compression":
			var compression Text
			compression, err = s.nonempty(member.value, "compression", what)
			o.Compression = compression.Value
		}
		if err != nil {
			return err
		}
	}
	if err := o.Check(); err != nil {
		return m.name.Errorf("%s: %v", what, err)
	}
	stream.Parquet, stream.ParquetAt = o, &m.name
	return nil
}

func (s *source) parquetColumns(o *parquet.Options, m *member, what string) error {
	columns, err := s.mapping(m.value, "columns in "+what)
	if err != nil {
		return err
	}
	for _, c := range columns.members {
		is, err := s.nonempty(c.value, "the type of "+c.name.Value, what)
		if err != nil {
			return err
		}
		o.Columns = append(o.Columns, parquet.Column{Name: c.name.Value, Type: is.Value})
	}
	return nil
}

// rows reads a number of rows.
func (s *source) rows(node *yaml.Node) (int, error) {
	t, err := s.text(written(node), "row_group")
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(t.Value)
	if err != nil || n < 1 {
		return 0, t.Errorf("row_group is how many rows a row group has, such as 1000000, and is %s", t.Value)
	}
	return n, nil
}

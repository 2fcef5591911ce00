package storage

import "time"

// Options are the functions of a storage's package that make options of a stream, of the package's type O.
type Options[O any] struct {
	Named       func(name string) O
	DataTimeout func(d time.Duration) O
	MaxElement  func(bytes int) O
	// The others are of tables and queries; nil where the storage has none.
	Follow                     func() O
	OrderBy, Conflict, Columns func(columns ...string) O
}

// Of returns the options that a declared stream needs, of those that storages share.
func (o Options[O]) Of(s Declared) (options []O) {
	if s.As != "" {
		options = append(options, o.Named(s.As))
	}
	if s.DataTimeout > 0 {
		options = append(options, o.DataTimeout(s.DataTimeout))
	}
	if s.MaxElement > 0 {
		options = append(options, o.MaxElement(s.MaxElement))
	}
	r, ok := s.Stored.Settings.(Relation)
	if !ok {
		return options
	}
	if s.Follow {
		options = append(options, o.Follow())
	}
	if r.Order != nil {
		options = append(options, o.OrderBy(r.Order...))
	}
	if r.Conflict != nil {
		options = append(options, o.Conflict(r.Conflict...))
	}
	if r.Columns != nil {
		options = append(options, o.Columns(r.Columns...))
	}
	return options
}

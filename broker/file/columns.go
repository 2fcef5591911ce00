package file

import "github.com/leat-go/leat/broker"

// Columns returns the names of the columns of what a reader of this package reads, as far as it has come to them; nil for
// objects, which have none. A file without elements has them, too.
func Columns(r broker.Reader) (names []string) {
	var columns []Column
	switch r := r.(type) {
	case *reader:
		if r.framer.cells != nil {
			return r.framer.cells.Names()
		}
	case *tableReader:
		columns = r.stream.columns
	case *chain:
		columns, _ = r.of.columnsIn(0) // what is wrong there is told by who reads
	}
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

// HandOnColumns is an option for a job whose results are the master's elements as they are: where there is none, the first
// output has the columns of the master's file, so that what comes out is the table that went in, without rows. It isn't built in
// because programs with structs for results know their columns.
func HandOnColumns() Option { return func(b *Broker) { b.columns = Columns } }

// handOn has an output ask what the columns of the master's file are.
func (b *Broker) handOn(in *input, job *broker.Job) {
	job.Columns = nil
	if b.columns == nil || len(in.streams) == 0 {
		return
	}
	job.Columns = func() []string {
		in.mu.Lock()
		master := in.master
		in.mu.Unlock()
		if master == nil {
			return nil
		}
		return b.columns(master)
	}
}

// DialectOf returns how the cells of a stream's file lie, whether that is said or follows from its name; false where it has none.
func DialectOf(s broker.Stream) (Dialect, bool) {
	if l, _ := formatOf(&s); l != rows {
		return Dialect{}, false
	}
	return Dialect(dialectOf(&s)), true
}

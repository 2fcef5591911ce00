package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// globbing is what a broker does with patterns. It is behind an interface so that a program without any doesn't carry it.
type globbing interface {
	// open finds what the pattern of a stream matches.
	open(b *Broker, in *input, stream broker.Stream) (*inputStream, error)
	// checkWritten refuses an output that a pattern matches.
	checkWritten(path string, inputs []broker.Stream) error
}

// several are the files that a node reads as one stream. Offsets count on from one file to the next.
type several interface {
	files() []string
	size() int64
	reader(from int64) (broker.Reader, error)
	// keep sets the position of a rewind point, and forgets what no node needs any more.
	keep(r *broker.Rewind) error
	resume(ctx context.Context, p *position) error
	locate(offset int64) string
}

// globs implements globbing.
type globs struct{}

func (globs) open(b *Broker, in *input, stream broker.Stream) (*inputStream, error) {
	if stream.Follow {
		return nil, errors.New("the files of a pattern can't be followed: which of them grows, and when the next one begins, " +
			"their names don't tell. Take follow out: where the output keeps positions, the next run reads what has come " +
			"since, new files that come behind among it")
	}
	if stream.DataTimeout > 0 {
		return nil, errors.New("files have an end, so that no data timeout is needed: take it out")
	}
	all, err := in.partsOf(stream)
	if err != nil {
		return nil, err
	}
	l, packed := formatOf(&all.all[0].declared)
	of := &nodeParts{parts: all, broker: b, input: in, declared: stream,
		opened: make([]*inputStream, len(all.all))}
	all.readers = append(all.readers, of)
	return &inputStream{Stream: stream, name: stream.Name, by: uncompressed{}, layout: l, packed: packed, parts: of}, nil
}

func (globs) checkWritten(path string, inputs []broker.Stream) error {
	for _, in := range inputs {
		if !in.Several {
			continue
		}
		if Matches(in.Name, path) {
			return fmt.Errorf("its name matches the pattern %s, which is read, so that the next run would read the results: "+
				"write them to another directory, or under another name", in.Name)
		}
	}
	return nil
}

// A part is one of several files.
type part struct {
	path     string
	declared broker.Stream
	info     fs.FileInfo
	// first is the offset of its first element, -1 where it isn't known yet, and within what records say of it.
	first   int64
	within  *broker.Within
	anchors *anchors
}

// parts are the files of a pattern, which all nodes that read it share. They are safe for concurrent use.
type parts struct {
	pattern string
	// fixed is how many names the paths begin with that are the pattern's.
	fixed int

	mu  sync.Mutex
	all []*part
	// readers are the nodes that read them.
	readers []*nodeParts
	// sums are the checksums of the marks of the first files, as far as they were needed.
	sums []uint32
}

// partsOf returns the files of a stream's pattern.
func (in *input) partsOf(stream broker.Stream) (*parts, error) {
	for _, other := range in.streams {
		if of, ok := other.parts.(*nodeParts); ok && other.name == stream.Name {
			return of.parts, nil
		}
	}
	streams, err := Files(stream)
	if err != nil {
		return nil, err
	}
	all := &parts{pattern: stream.Name, fixed: slices.IndexFunc(components(stream.Name), hasWildcards)}
	for _, one := range streams {
		p, err := newPart(one)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.Name, err)
		}
		all.all = append(all.all, p)
	}
	all.all[0].setFirst(0)
	return all, all.checkFormats()
}

// newPart returns a file that a pattern matches.
func newPart(stream broker.Stream) (*part, error) {
	path := stream.Name
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, openError(path, err)
	case info.IsDir():
		return nil, errors.New("this is a directory, not a file, and the pattern matches it: narrow the pattern down")
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("this is %s, and only files can be read one behind the other: narrow the pattern down",
			kindOf(info))
	}
	return &part{path: path, declared: stream, info: info, first: -1, anchors: &anchors{reach: info.Size()}}, nil
}

// checkFormats refuses files of several formats.
func (ps *parts) checkFormats() error {
	first, _ := formatOf(&ps.all[0].declared)
	for _, p := range ps.all[1:] {
		l, _ := formatOf(&p.declared)
		if l == table && isAvro(p.path) != isAvro(ps.all[0].path) {
			return fmt.Errorf("%s and %s are of several formats, as their names say, and the files of one pattern are of one: "+
				"narrow it down by the end of the names", ps.all[0].path, p.path)
		}
		if l != first {
			return fmt.Errorf("%s is %s and %s %s, as their names say, and the files of one pattern are of one format: narrow "+
				"it down by the end of the names", ps.all[0].path, first.name(), p.path, l.name())
		}
	}
	return nil
}

// name says what a layout is, in a sentence.
func (l layout) name() string {
	return [...]string{"a JSON list", "JSON Lines", "CSV or a relative of it", "Parquet", "JSON"}[l]
}

// setFirst notes the offset of a file's first element. REQUIRES: mu is held, or nobody else has the part.
func (p *part) setFirst(offset int64) {
	if p.first != offset {
		p.first, p.within = offset, &broker.Within{Stream: p.path, First: offset}
	}
}

// endsAt notes how many elements a file has, where its first offset is known, and so where the next begins.
func (ps *parts) endsAt(i int, count int64) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if i+1 < len(ps.all) && ps.all[i].first >= 0 {
		ps.all[i+1].setFirst(ps.all[i].first + count)
	}
}

// at returns the file that an offset is in, and what records in it say.
func (ps *parts) at(offset int64) (int, *broker.Within) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for i := len(ps.all) - 1; i > 0; i-- {
		if p := ps.all[i]; p.first >= 0 && p.first <= offset {
			return i, p.within
		}
	}
	return 0, ps.all[0].within
}

// within returns what the records of a file say of it.
func (ps *parts) within(i int) *broker.Within {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.all[i].within
}

// relative returns the path of a file below what the pattern has without wildcards, which no working directory changes.
func (ps *parts) relative(i int) string {
	return strings.Join(components(ps.all[i].path)[ps.fixed:], "/")
}

// check returns an error where a file isn't what it was. Only the last one may grow until it is read.
func (ps *parts) check(i int, ended bool) error {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.all[i]
	now, err := os.Stat(p.path)
	switch {
	case err != nil:
		return openError(p.path, err)
	case !os.SameFile(now, p.info):
		return fmt.Errorf("%w: %s was replaced since the run began", errChanged, p.path)
	case now.Size() == p.info.Size() && now.ModTime().Equal(p.info.ModTime()):
		return nil
	case i < len(ps.all)-1:
		return fmt.Errorf("%w: %s has changed since the run began, and %s comes behind it: only the last file may grow; run "+
			"again when it is complete", errChanged, p.path, ps.all[i+1].path)
	case !ended:
		p.info, ps.sums = now, ps.sums[:min(i, len(ps.sums))]
	}
	return nil
}

// nodeParts are the files of a pattern as one node reads them. It implements several.
type nodeParts struct {
	*parts
	broker   *Broker
	input    *input
	declared broker.Stream
	// opened are the files that were looked at.
	opened []*inputStream
	// checked says that all files from the one on that reading begins in were.
	checked bool
	// needed is the offset from which on the node needs what is known of the stream.
	needed int64
	// kept is the position that reading goes on from, in the file with the number keptIn; nil for none.
	kept   *position
	keptIn int
}

func (n *nodeParts) files() (paths []string) {
	for _, p := range n.all {
		paths = append(paths, p.path)
	}
	return paths
}

func (n *nodeParts) size() (sum int64) {
	for _, p := range n.all {
		sum += p.info.Size()
	}
	return sum
}

// forget forgets what isn't needed for an offset and those above.
func (ps *parts) forget(offset int64) {
	i, within := ps.at(offset)
	for _, p := range ps.all[:i] {
		p.anchors.reset()
	}
	ps.all[i].anchors.forget(offset - within.First)
}

func (n *nodeParts) locate(offset int64) string {
	i, within := n.at(offset)
	if n.opened[i] == nil || n.opened[i].layout != table {
		return ""
	}
	return rowAt(offset - within.First)
}

// open looks at a file, and returns the stream that it is by itself.
func (n *nodeParts) open(i int) (*inputStream, error) {
	if n.opened[i] != nil {
		return n.opened[i], nil
	}
	p := n.all[i]
	declared := n.declared
	declared.Name, declared.Several = p.path, false
	s, err := n.broker.openStream(declared)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", describe("input", declared), err)
	}
	s.anchors = p.anchors
	n.opened[i] = s
	return s, nil
}

// openFrom looks at a file and at all behind it: an hour of reading shouldn't come before what can be known at once.
func (n *nodeParts) openFrom(first int) error {
	if n.checked {
		return nil
	}
	reference, err := n.columnsIn(first)
	if err != nil {
		return err
	}
	for i := first + 1; i < len(n.opened); i++ {
		columns, err := n.columnsIn(i)
		if err != nil {
			return err
		}
		if differs := differ(reference, columns, n.all[first].path); differs != "" {
			return fmt.Errorf("%s: %s. The files of a pattern must have the same columns: give those with others a stream of "+
				"their own", n.all[i].path, differs)
		}
	}
	n.noteRows(first)
	n.checked = true
	return nil
}

// noteRows notes where files begin that are known to have so many rows.
func (n *nodeParts) noteRows(first int) {
	for i := first; i < len(n.opened); i++ {
		if s := n.opened[i]; s.layout == table && s.mark.Rows >= 0 {
			n.endsAt(i, s.mark.Rows)
		}
	}
}

// columnsIn returns the columns of a file that has some; none for one of objects.
func (n *nodeParts) columnsIn(i int) ([]Column, error) {
	s, err := n.open(i)
	if err != nil || s.layout != rows {
		return s.columnsOfTable(), err
	}
	if d, ok := s.Format.(Dialect); ok && len(d.Columns) > 0 {
		return nil, nil
	}
	r := n.input.readerOf(s, 0)
	r.begin, r.read, r.compared, r.size = nil, new(atomic.Int64), nil, 4<<10
	defer func() { _ = r.shut() }()
	for r.end == nil && !r.framer.cells.HasColumns() {
		r.end = r.fill()
		_, err := r.frame()
		if err != nil {
			break // whoever reads it tells that
		}
	}
	if r.end != nil && !r.framer.cells.HasColumns() && r.end == io.EOF && r.lastLine() {
		_, _ = r.frame()
	}
	if !r.framer.cells.HasColumns() {
		return nil, nil
	}
	var columns []Column
	for _, name := range r.framer.cells.Names() {
		columns = append(columns, Column{Name: name})
	}
	return columns, nil
}

// columnsOfTable returns the columns of a table; none of anything else.
func (s *inputStream) columnsOfTable() []Column {
	if s == nil {
		return nil
	}
	return s.columns
}

// differ says how columns differ from those of another file; nothing where they don't. Their order doesn't matter.
func differ(reference, columns []Column, other string) string {
	if reference == nil || columns == nil {
		return ""
	}
	find := func(in []Column, name string) int {
		return slices.IndexFunc(in, func(c Column) bool { return c.Name == name })
	}
	for _, c := range reference {
		i := find(columns, c.Name)
		switch {
		case i < 0:
			return fmt.Sprintf("it has no column %q, which %s has", c.Name, other)
		case columns[i].Type != c.Type && columns[i].Type != "" && c.Type != "":
			return fmt.Sprintf("its column %q has values of the type %s, and %s in %s", c.Name, columns[i].Type, c.Type, other)
		}
	}
	for _, c := range columns {
		if find(reference, c.Name) < 0 {
			return fmt.Sprintf("it has a column %q, which %s hasn't", c.Name, other)
		}
	}
	return ""
}

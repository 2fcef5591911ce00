package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A Source is where a draft finds one of its two streams: a file, a topic, or a table.
type Source struct {
	// File is the path of a file, as seen from the working directory; empty for the others, of which Storage is what
	// pipeline files call the storage, kafka among them, and Stream the topic or the table.
	File, Storage, Stream string
	// Connection is what the pipeline file says at its top of how to reach the storage, a line of YAML for each member; empty
	// where its environment says all. Secrets don't belong into it.
	Connection []string
	// Registry is the member of kafka about a schema registry, for topics whose records aren't plain JSON; empty for none.
	Registry string
}

// String says what it is.
func (s Source) String() string {
	switch s.Storage {
	case "":
		return s.File
	case "kafka":
		return "topic " + s.Stream
	}
	return "table " + s.Stream
}

// sameStorage refuses two sources that no pipeline joins.
func sameStorage(a, b Source) error {
	where := func(s Source) string {
		switch s.Storage {
		case "":
			return "a file"
		case "kafka":
			return "in Kafka"
		}
		return "in " + s.Storage
	}
	switch {
	case a.Storage != b.Storage:
		return fmt.Errorf("streams that are joined lie in one storage, but %v is %s and %v %s: copy one of them over, by leat "+
			"topic load a file to a topic, all else by a pipeline file without a join", a, where(a), b, where(b))
	case !slices.Equal(a.Connection, b.Connection):
		return fmt.Errorf("streams that are joined lie in one storage, but %v and %v are reached in different ways: copy one of "+
			"them over by a pipeline file without a join", a, b)
	}
	return nil
}

// base returns what the stream may be called, as far as it can.
func (s Source) base() string {
	switch s.Storage {
	case "":
		base, _, _ := strings.Cut(filepath.Base(s.File), ".")
		return base
	case "kafka":
		return s.Stream
	}
	return s.Stream[strings.LastIndex(s.Stream, ".")+1:] // without its schema
}

// A drafted stream is one of the two of a draft.
type drafted struct {
	Source
	// path is that of a file as seen from the pipeline file's directory.
	name, path string
	// cells are how a text file holds its cells.
	cells Cells
	// format is that of a topic's records; empty for plain JSON.
	format string
	head   *Head
	keys   []draftKey
	// orders is what was found out of the stream's order by each key, by its expression.
	orders map[string]ordering
}

// lookAt reads the head of a source, after it has found out how its cells lie, or what its records look like.
func (d *drafter) lookAt(ctx context.Context, source Source) (s *drafted, err error) {
	s = &drafted{Source: source, orders: map[string]ordering{}}
	switch source.Storage {
	case "":
		err = d.lookAtFile(ctx, s)
	case "kafka":
		err = d.lookAtTopic(ctx, s)
	default:
		err = d.lookAtStream(ctx, s)
	}
	switch {
	case err != nil:
		return nil, err
	case len(s.head.Problems) > 0:
		return nil, fmt.Errorf("%s", strings.Join(s.head.Problems, "\n"))
	case len(s.head.Elements) == 0:
		return nil, fmt.Errorf("%v has no elements, so that nothing can be told of it", source)
	}
	return s, nil
}

func (d *drafter) lookAtFile(ctx context.Context, s *drafted) error {
	if info, err := os.Stat(s.File); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return fmt.Errorf("%s is no regular file: it is read several times, so write it to a file first", s.File)
	}
	s.cells = Sniff(s.File)
	p, err := Copy(File{Path: s.File, Cells: s.cells}, File{Path: mill.Standard})
	if err != nil {
		return err
	}
	if s.head, err = p.Head(ctx, d.quietly(), "", draftSize); err != nil {
		return err
	}
	s.path, err = relative(d.dir, s.File)
	return err
}

// lookAtTopic tries the formats that records behind the id of a schema may have, where there is a registry, and that of
// plain JSON.
func (d *drafter) lookAtTopic(ctx context.Context, s *drafted) error {
	plain := d.lookAtStream(ctx, s)
	if plain != nil || len(s.head.Problems) == 0 {
		return plain
	}
	if s.Registry == "" {
		if startsWithID(s.head.Problems[0]) {
			return fmt.Errorf("%s\nthe records seem to begin with the id of a schema: say where its registry is, by "+
				"--registry URL", s.head.Problems[0])
		}
		return nil
	}
	unread := s.head
	for _, s.format = range format.Names() {
		if err := d.lookAtStream(ctx, s); err == nil && len(s.head.Problems) == 0 {
			return nil
		}
	}
	s.format, s.head = "", unread
	return nil
}

// startsWithID reports whether what can't be decoded, as a problem quotes it, begins as registries have it.
func startsWithID(problem string) bool {
	return strings.Contains(problem, `\x00`)
}

func (d *drafter) lookAtStream(ctx context.Context, s *drafted) error {
	text := "name: draft\n" + top(s) + "streams:\n  stream:\n" + s.place("") + "  output: {file: \"-\"}\n" +
		"master: stream\noutput: output\n"
	p, err := d.parse(text)
	if err == nil {
		s.head, err = p.Head(ctx, d.quietly(), "", draftSize)
	}
	return d.plainly(err)
}

// A drafter makes a draft for a directory.
type drafter struct {
	dir   string
	parts []Part
}

func (d *drafter) quietly() Options {
	return Options{Logger: slog.New(slog.DiscardHandler), Stdout: io.Discard, mostSorted: draftSorted}
}

// path is the name of pipeline files that are there for being tried only.
func (d *drafter) path() string { return filepath.Join(d.dir, "draft.yaml") }

func (d *drafter) parse(text string) (*Pipeline, error) {
	return Parse(d.path(), []byte(text), d.parts...)
}

// plainly takes out of an error where it is in a file that there isn't.
func (d *drafter) plainly(err error) error {
	var at *Error
	if errors.As(err, &at) {
		return &Error{Message: at.Message}
	}
	if err == nil {
		return nil
	}
	location := regexp.MustCompile(regexp.QuoteMeta(d.path()) + `:\d+:\d+: `)
	if text := err.Error(); location.MatchString(text) {
		return errors.New(location.ReplaceAllString(text, ""))
	}
	return err
}

// top returns what a pipeline file says of how to reach the storage of streams.
func top(streams ...*drafted) string {
	s := streams[0]
	if s.Storage == "" {
		return ""
	}
	lines := s.Connection
	if slices.ContainsFunc(streams, func(s *drafted) bool { return s.format != "" }) {
		lines = append(slices.Clip(lines), "registry: "+s.Registry)
	}
	if len(lines) == 0 {
		return s.Storage + ": {}   # its environment says how to reach it\n"
	}
	return s.Storage + ":\n  " + strings.Join(lines, "\n  ") + "\n"
}

// place returns the lines of the stream in a pipeline file; order is the column that a table is ordered by, or empty.
func (s *drafted) place(order string) string {
	switch s.Storage {
	case "":
		text := fmt.Sprintf("    file: %s\n", Quote(filepath.ToSlash(s.path)))
		if !s.cells.IsZero() {
			text += fmt.Sprintf("    csv: %v\n", s.cells)
		}
		return text
	case "kafka":
		text := fmt.Sprintf("    topic: %s\n", Quote(s.Stream))
		if s.format != "" {
			text += fmt.Sprintf("    format: %s\n", s.format)
		}
		return text
	}
	if order != "" {
		return fmt.Sprintf("    %s: {table: %s, order: %s}   # in the order that the join needs\n", s.Storage, Quote(s.Stream),
			Quote(order))
	}
	return fmt.Sprintf("    %s: {table: %s}\n", s.Storage, Quote(s.Stream))
}

// Quote writes a text in double quotes, for a pipeline file, in which no variable is replaced.
func Quote(text string) string { return strings.ReplaceAll(strconv.Quote(text), "${", "$${") }

// nameStreams names two streams after their sources, so that expressions can use the names and no element has such a member.
func nameStreams(left, right *drafted) {
	taken := func(name string) bool {
		isMember := slices.ContainsFunc(left.head.Columns, func(c Column) bool { return c.Name == name })
		return name == left.name || name == "joined" || description.IsReserved(name) || left.name != "" && isMember
	}
	for _, s := range []*drafted{left, right} {
		name := strings.Trim(strings.Map(func(c rune) rune {
			if description.IsName("a" + string(c)) {
				return c
			}
			return '_'
		}, s.base()), "_")
		if !description.IsName(name) {
			name = "stream_" + name
		}
		unique := name
		for n := 2; taken(unique); n++ {
			unique = fmt.Sprintf("%s_%d", name, n)
		}
		s.name = unique
		s.keys = s.keysOf()
	}
}

// relative returns a path as seen from a directory.
func relative(dir, path string) (string, error) {
	if filepath.IsAbs(path) != filepath.IsAbs(dir) {
		var err error
		if dir, err = filepath.Abs(dir); err != nil {
			return "", err
		}
		if path, err = filepath.Abs(path); err != nil {
			return "", err
		}
	}
	return filepath.Rel(dir, path)
}

package pipeline

import (
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// A File is a file of elements, of a format that the end of its name says; the path "-" is standard input or output.
type File struct {
	Path string
	// Cells say how a text file holds its cells. Prefix is what the flags are called that say so, before the names of their
	// members: --, or --to-.
	Cells  Cells
	Prefix string
}

// Copy returns the pipeline that hands on the elements of one file to another, in their order, and as they are written
// there: so a file gets another format. What is wrong is an [*Error] without a line.
func Copy(from, to File) (*Pipeline, error) {
	input, err := from.Cells.Dialect(from.Prefix)
	if err != nil {
		return nil, err
	}
	output, err := to.Cells.Dialect(to.Prefix)
	if err != nil {
		return nil, err
	}
	if file.IsPattern(from.Path) && file.Exists(from.Path) {
		from.Path = file.Literal(from.Path)
	}
	name := filepath.Base(from.Path)
	name, _, _ = strings.Cut(name, ".")
	return new(Pipeline).build(description.Copy(name, from.Path, to.Path, input, output), nil)
}

// Streams returns the names of the file's streams, in its order.
func (p *Pipeline) Streams() []string { return p.description.StreamNames() }

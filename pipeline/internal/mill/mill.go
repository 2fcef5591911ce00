// Package mill makes of a description the mill that it describes: the join tree, with keys compiled and streams found,
// the function that is called, the window, and the storages.
package mill

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/storage"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Mill is what a description becomes: the join tree with its compiled keys, the window, and what is written.
type Mill struct {
	// Name is what the file calls the pipeline, or else the file's name without its ending; File is its path.
	Name, File string
	Master     *Node
	Output     Stream
	// OutputName is the name of the stream that results go to.
	OutputName string
	Window     *Window
	Emit       []Emitted // empty where joined elements are written as they are
	// Others are the streams that are written beside the results.
	Others []Written
	// where is the condition of results that are written; nil where all are. handling says what becomes of the rest.
	where    *expression.Program
	handling *description.Handling
	Kafka    *description.Kafka // nil where no stream is a topic
	// Recorded is what results become records with.
	Recorded Recorded
	// connections are how other storages are reached, by their names.
	connections map[string]connection
}

// Build makes a mill. What is wrong with the description is a [*description.Error]; the first mistake is told, in the
// order of the phases: storages, names and the tree, keys, the window, emit, formats. Streams may lie in storages of these
// kinds, and topics have records in these formats.
func Build(d *description.Description, kinds []storage.Kind, formats []format.Kind) (*Mill, error) {
	base := filepath.Base(d.File)
	m := &Mill{Name: strings.TrimSuffix(base, filepath.Ext(base)), File: d.File, Kafka: d.Kafka,
		OutputName: d.Output.Value, handling: &d.Handling}
	m.Name = cmp.Or(d.Name.Value, m.Name)
	var err error
	if m.connections, err = newConnections(d, kinds); err != nil {
		return nil, err
	}
	var written []Written
	if m.Master, written, err = newTree(d, kinds); err != nil {
		return nil, err
	}
	m.Output, m.Others = written[0].Stream, written[1:]
	var streams []string
	for _, n := range m.Master.All() {
		streams = append(streams, n.Name)
	}
	for _, n := range m.Master.All()[1:] {
		if err := n.compileKeys(streams); err != nil {
			return nil, err
		}
	}
	for _, n := range m.Master.All() {
		if err := n.compileWhere(); err != nil {
			return nil, err
		}
		if err := n.compileSort(); err != nil {
			return nil, err
		}
		if err := n.checkIdle(); err != nil {
			return nil, err
		}
	}
	if err := m.compileWindow(d.Window); err != nil {
		return nil, err
	}
	if err := m.compileResultWhere(d.Where); err != nil {
		return nil, err
	}
	if err := m.compileEmit(d.Emit); err != nil {
		return nil, err
	}
	if err := m.compileFormats(d, formats); err != nil {
		return nil, err
	}
	for _, n := range m.Master.All() {
		n.seal()
	}
	return m, nil
}

func (m *Mill) compileEmit(members []description.EmitMember) error {
	for _, member := range members {
		program, err := expression.CompileRaw(member.Value.Value, callScope{m.Master, m.Window != nil})
		if err != nil {
			return m.explainAbsent(member.Value, err)
		}
		m.Emit = append(m.Emit, Emitted{member.Name.Value, program})
	}
	return nil
}

// explainAbsent returns an error about the names of streams of which nothing is in a joined element, or else err,
// located in the text of an expression.
func (m *Mill) explainAbsent(text description.Text, err error) error {
	root, parseErr := expression.Parse(text.Value)
	if parseErr != nil {
		return text.Locate(err, 0)
	}
	for _, name := range namesIn(root) {
		for _, n := range m.Master.All() {
			if above := n.absent(); above != nil && n.Name == name.Value {
				return text.ErrorAt(name.Location().From, "nothing of %s is in a joined element, since the join of %s says "+
					"need: absent", n.Name, above.Name)
			}
		}
	}
	return text.Locate(err, 0)
}

// Stopped says what becomes of the results of a run that was stopped from outside.
func (m *Mill) Stopped() string {
	spec := m.Spec(m.Layout(&topic.Cluster{}), &Options{}) // no password is needed
	guarantee := broker.GuaranteeOf(spec.Sink, spec.Outputs)
	switch {
	case guarantee == broker.ExactlyOnce:
		return "what was finished is committed, and the next run goes on behind it"
	case guarantee == broker.AtEnd:
		return fmt.Sprintf("nothing was written to %s, and the next run begins where this one did", m.Output.Name)
	case !m.Master.Stream.IsFile():
		return "what was written stays, and the next run goes on there, or a little before"
	}
	return "what was written stays, and the next run begins at the start"
}

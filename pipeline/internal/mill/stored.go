package mill

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// A connection is how a storage is reached, and what the pipeline file calls it.
type connection struct {
	storage.Connection
	name description.Text
}

// kindOf returns the kind of storage with a name; nil for none.
func kindOf(kinds []storage.Kind, name string) storage.Kind {
	i := slices.IndexFunc(kinds, func(k storage.Kind) bool { return k.Name() == name })
	if i < 0 {
		return nil
	}
	return kinds[i]
}

// newConnections reads how storages are reached.
func newConnections(d *description.Description, kinds []storage.Kind) (map[string]connection, error) {
	connections := map[string]connection{}
	for _, k := range kinds {
		section := d.Storages[k.Name()]
		if section == nil {
			continue
		}
		c, err := k.Connection(section)
		if err != nil {
			return nil, err
		}
		connections[k.Name()] = connection{c, section.Name}
	}
	return connections, nil
}

// A stored is a storage of a pipeline file. Passwords are read when it is opened, so that a plan needs none, and what
// fails then is told with the line of the pipeline file that it is about.
type stored struct {
	// Storage is never opened.
	broker.Storage
	connection connection
	setup      storage.Setup

	once   sync.Once
	opened broker.Storage
	err    error
}

func (m *Mill) newStored(name string, streams []storage.Declared) broker.Storage {
	s := &stored{connection: m.connections[name], setup: storage.Setup{Dir: filepath.Dir(m.File), Streams: streams}}
	undisclosed := s.setup
	undisclosed.Undisclosed = true
	var err error
	if s.Storage, err = s.connection.Broker(&undisclosed); err != nil {
		panic(fmt.Sprintf("%s: %v", name, err)) // only secrets can fail
	}
	return s
}

// open returns the storage that is opened, one for reading and writing.
func (s *stored) open() (broker.Storage, error) {
	s.once.Do(func() { s.opened, s.err = s.connection.Broker(&s.setup) })
	return s.opened, s.err
}

// OpenSource implements [broker.Source].
func (s *stored) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	opened, err := s.open()
	if err != nil {
		return nil, err
	}
	job.Access = s.connection.Access()
	input, err := opened.OpenSource(ctx, job)
	return input, s.locate(err)
}

// OpenSink implements [broker.Sink].
func (s *stored) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	opened, err := s.open()
	if err != nil {
		return nil, err
	}
	job.Access = s.connection.Access()
	output, err := opened.OpenSink(ctx, job)
	return output, s.locate(err)
}

// Rehearse implements [broker.Rehearser], where the storage does.
func (s *stored) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	opened, err := s.open()
	if err != nil {
		return nil, -1, err
	}
	rehearser, ok := opened.(broker.Rehearser)
	if !ok {
		return nil, -1, nil
	}
	job.Access = s.connection.Access()
	advice, refused, err = rehearser.Rehearse(ctx, job, results)
	return advice, refused, s.locate(err)
}

// GuaranteeFor implements [broker.Guarantor].
func (s *stored) GuaranteeFor(outputs []broker.Stream) broker.Guarantee {
	return broker.GuaranteeOf(s.Storage, outputs)
}

// Locate says where the pipeline file has the output that a storage has refused results for, or the storage that an error names
// as that of the positions. What is located already, as where a storage was opened, stays as it is, and so does any other error.
func (m *Mill) Locate(err error) error {
	if err == nil {
		return nil
	}
	text, where := err.Error(), ""
	if of, isOfPositions := strings.CutPrefix(text, "positions of partition "); isOfPositions {
		_, of, _ = strings.Cut(of, ": ")
		name, _, _ := strings.Cut(of, ": ")
		where = m.connections[name].name.Location()
	}
	if at := m.Output.Stored; where == "" && at != nil {
		named := m.Output.Storage + ": " + at.Called
		if strings.Contains(text, named+":") || strings.Contains(text, named+" ") {
			where = at.Text.Location()
		}
	}
	if where == "" || strings.HasPrefix(text, where) {
		return err
	}
	return fmt.Errorf("%s: %w", where, err)
}

// locate says where the pipeline file has the stream that an error names, or else the storage.
func (s *stored) locate(err error) error {
	if err == nil {
		return nil
	}
	at, longest := s.connection.name, 0 // "table orders" is in what is said of "table orders2", too
	for _, stream := range s.setup.Streams {
		if called := stream.Stored.Called; len(called) > longest && strings.Contains(err.Error(), called) {
			at, longest = stream.Stored.Text, len(called)
		}
	}
	if where := at.Location(); where != "" {
		return fmt.Errorf("%s: %w", where, err)
	}
	return err
}

package pipeline

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// quiet is how long a followed file is read without anything coming, until that counts as its end.
const quiet = time.Second

// lagOfFiles reads how much there is in files behind the positions that are kept.
func (p *Pipeline) lagOfFiles(ctx context.Context, options Options) (_ *Lag, err error) {
	m := p.mill
	nodes := m.Master.All()
	if m.Output.IsFile() {
		return nil, m.Output.Text.Errorf("from files to a file no positions are kept, and every run reads from the beginning: " +
			"there is no lag")
	}
	for _, n := range nodes {
		if n.Stream.IsReadOnce() {
			return nil, n.Stream.Text.Errorf("how much there is behind a position in what can be read once only isn't known: " +
				"leat positions shows the position")
		}
	}
	kept, err := m.OpenKept(ctx, options.ofMill())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	progress, err := kept.ProgressOf(ctx, m, 0)
	if err != nil {
		return nil, err
	}
	lag := &Lag{Group: m.Name}
	begun := len(progress.Nodes) > 0
	rewinds := make([]broker.Rewind, len(nodes))
	at := make([]string, len(nodes))
	if begun {
		copy(rewinds, progress.Nodes)
		for i := range rewinds {
			position := streamPosition(&rewinds[i])
			at[i] = position.where()
		}
		if err := kept.Input.(broker.Positioner).Resume(ctx, 0, rewinds); err != nil {
			return nil, err
		}
	} else {
		lag.Hint = "no run of this name has committed anything"
	}
	for i, n := range nodes {
		s := StreamLag{Name: n.Name, Storage: "file", Address: n.Stream.Name, Begun: begun, At: at[i],
			Position: rewinds[i].Offset, End: rewinds[i].Offset}
		if err := s.readFile(ctx, kept.Input, i, n, rewinds[i].Behind); err != nil {
			return nil, err
		}
		lag.Streams = append(lag.Streams, s)
	}
	return lag, nil
}

// readFile counts the elements behind the position.
func (s *StreamLag) readFile(ctx context.Context, in broker.Input, node int, n *mill.Node, isBehind bool) (err error) {
	reader, err := in.Reader(ctx, node, 0, s.Position)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for s.Behind < countedRows {
		waits, stop := context.WithTimeout(ctx, quiet)
		records, err := reader.Read(waits)
		stop()
		isQuiet := err == io.EOF || errors.Is(err, broker.ErrDataTimeout) || waits.Err() != nil && ctx.Err() == nil
		switch {
		case len(records) == 0 && isQuiet:
			return nil
		case err != nil:
			return err
		}
		s.End = records[len(records)-1].Offset + 1
		if isBehind && records[0].Offset == s.Position {
			records = records[1:] // it was dealt with
		}
		if s.Key == nil && len(records) > 0 {
			s.Key = keyOf(n, &records[0], 0)
		}
		s.Behind += int64(len(records))
	}
	s.AtLeast = true
	return nil
}

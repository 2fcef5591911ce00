package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/solo"
	"github.com/leat-go/leat/internal/suggest"
	"github.com/leat-go/leat/internal/wait"
)

// OpenSource implements [broker.Source]. It checks that the subjects are in streams which can be read.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if len(job.Inputs) == 0 {
		return nil, errors.New("nats: the job has no inputs")
	}
	var in *input
	err := b.opening(ctx, job, func(c *connection) error {
		in = &input{ledger: newLedger(b, job, c)}
		for _, declared := range job.Inputs {
			if err := in.open(ctx, b, declared); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return in, nil
}

// An input reads for one run. It keeps progress for a sink that can't.
type input struct {
	solo.Input
	*ledger
	streams []*stream // by node
}

// A stream is a subject of a JetStream stream as one run reads it.
type stream struct {
	*subject
	// name is that of the JetStream stream, and created when it was made: one that is made again has other messages.
	name    string
	created time.Time
}

// open adds the stream of the next node.
func (in *input) open(ctx context.Context, b *Broker, declared broker.Stream) error {
	s, err := b.subject(declared)
	if err != nil {
		return err
	}
	info, err := in.find(ctx, s)
	if err != nil {
		return err
	}
	if info.Config.Retention != jetstream.LimitsPolicy {
		return fmt.Errorf("nats: stream %s has the retention policy %s, whose messages vanish when they are acknowledged: "+
			"it can't be read again from a position; read a stream with the policy limits, "+
			"such as one with it as a source (nats stream add COPY --source %[1]s)",
			info.Config.Name, strings.ToLower(info.Config.Retention.String()))
	}
	if info.Config.MaxMsgsPerSubject > 0 {
		in.logger.Warn("the stream keeps few messages of a subject, and what isn't read by then is missed",
			"stream", info.Config.Name, "subject", s.stream.Name, "max_msgs_per_subject", info.Config.MaxMsgsPerSubject)
	}
	in.streams = append(in.streams, &stream{subject: s, name: info.Config.Name, created: info.Created})
	return nil
}

// find returns the JetStream stream that a subject is in.
func (c *connection) find(ctx context.Context, s *subject) (info *jetstream.StreamInfo, err error) {
	name := s.in
	if name == "" {
		err = c.ask(ctx, func(ctx context.Context) error {
			name, err = c.js.StreamNameBySubject(ctx, s.stream.Name)
			return err
		})
	}
	if err == nil {
		info, err = c.info(ctx, name)
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound) && s.in == "":
		return nil, fmt.Errorf("nats: no stream has the subject %s: make one, nats stream add %s --subjects '%[1]s'",
			s.stream.Name, streamName(s.stream.Name))
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, fmt.Errorf("nats: there is no stream %s: make it, nats stream add %[1]s --subjects '%s'", s.in,
			s.stream.Name)
	case err != nil:
		return nil, explain(name, err)
	}
	config := info.Config
	if config.Mirror == nil && len(config.Sources) == 0 && !collidesWithAny(s.stream.Name, config.Subjects) {
		return nil, fmt.Errorf("nats: stream %s doesn't have the subject %s%s; it has %s", name, s.stream.Name,
			suggest.Name(s.stream.Name, config.Subjects), strings.Join(config.Subjects, ", "))
	}
	return info, nil
}

// info asks for a JetStream stream's configuration and state.
func (c *connection) info(ctx context.Context, name string) (info *jetstream.StreamInfo, err error) {
	err = c.ask(ctx, func(ctx context.Context) error {
		found, err := c.js.Stream(ctx, name)
		if err == nil {
			info = found.CachedInfo()
		}
		return err
	})
	return info, err
}

// infoUntil asks again and again while the server is away, or may not have found the stream yet.
func (c *connection) infoUntil(ctx context.Context, name string) (info *jetstream.StreamInfo, err error) {
	var missing time.Time // since when the server has said so
	for {
		err = c.askUntil(ctx, func(ctx context.Context) error {
			info, err = c.info(ctx, name)
			return err
		})
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return info, err
		}
		if missing.IsZero() {
			missing = time.Now()
		}
		if time.Since(missing) > missingGrace {
			return nil, err
		}
		if err := wait.For(ctx, firstBackoff); err != nil {
			return nil, err
		}
	}
}

// Reader implements broker.Input.
func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if node < 0 || node >= len(in.streams) || partition != 0 || from < 0 {
		return nil, fmt.Errorf("nats: there is no reader of node %d, partition %d from offset %d", node, partition, from)
	}
	r := &reader{connection: in.connection, stream: in.streams[node], next: from}
	r.end.Store(-1)
	return r, nil
}

// End implements broker.Ender.
func (in *input) End(ctx context.Context, node, _ int) (int64, error) {
	st := in.streams[node]
	last, err := in.message(ctx, st.name, lookup{LastBySubject: st.subject.stream.Name})
	switch {
	case err != nil:
		return 0, explain(st.name, err)
	case last == nil:
		return 0, nil
	}
	return int64(last.Sequence) + 1, nil
}

// Close implements broker.Input.
func (in *input) Close() error {
	in.connection.Close()
	return nil
}

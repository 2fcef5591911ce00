package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
)

// headerExpectedStream has the server refuse a message where another stream takes it.
const headerExpectedStream = "Nats-Expected-Stream"

// nowhere is a stream that nobody has, and broken a request that the server takes for none.
const nowhere, broken = "LEAT_NOWHERE", "{"

// Rehearse implements [broker.Rehearser]. Rights are tried by requests and messages that the server refuses, but for that to
// publish to the outputs, which those who listen there would see: the server is asked for that one, if the user may ask.
func (b *Broker) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	refused = -1
	err = b.opening(ctx, job, func(c *connection) error {
		defer c.Close()
		o := &output{ledger: newLedger(b, job, c)}
		if len(job.Outputs) == 0 {
			return o.tryKeeping(ctx, savedStream)
		}
		declared, err := o.declare(b, job)
		if err == nil {
			advice, err = o.rehearse(ctx, declared)
		}
		if err != nil {
			return err
		}
		refused, err = broker.FirstRefused(o, results)
		return err
	})
	return advice, refused, err
}

// rehearse looks at the stream of the outputs as openTarget does, and changes nothing.
func (o *output) rehearse(ctx context.Context, declared []*subject) (advice []string, err error) {
	if err := o.hasBatches(); err != nil {
		return nil, err
	}
	name, missing, err := o.targetName(ctx, declared)
	if err != nil {
		return nil, err
	}
	t, err := o.target(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		t = nil
		err = o.tryRequest(ctx, "STREAM.CREATE."+name)
	case err == nil:
		if err := t.refuse(); err != nil {
			return nil, err
		}
		if !t.has(o.own()) {
			missing = append(missing, o.own())
		}
		if len(t.complete(missing)) > 0 {
			err = o.tryRequest(ctx, "STREAM.UPDATE."+name)
		}
		for _, weakness := range t.weaknesses(len(declared)) {
			advice = append(advice, "nats: stream "+name+": "+weakness)
		}
	}
	if err != nil {
		return nil, explain(name, err)
	}
	o.limit(t)
	if err := o.tryKeeping(ctx, name); err != nil {
		return nil, err
	}
	more, err := o.tryPublishing(ctx)
	return append(advice, more...), err
}

// tryKeeping finds out whether positions may be written to a stream, and read there. Where it doesn't exist, a run makes it.
func (l *ledger) tryKeeping(ctx context.Context, stream string) error {
	if l.nameErr != nil {
		return l.nameErr
	}
	at := l.subject(0)
	question, err := json.Marshal(lookup{LastBySubject: at})
	if err != nil {
		return err
	}
	err = l.ask(ctx, func(ctx context.Context) error {
		_, err := l.RequestWithContext(ctx, api+"STREAM.MSG.GET."+stream, question)
		return err
	})
	if err == nil && stream == savedStream {
		_, err = l.target(ctx, stream)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			err = l.tryRequest(ctx, "STREAM.CREATE."+stream)
		}
	}
	if err != nil {
		return explain(stream, err)
	}
	m := natsgo.NewMsg(at)
	m.Header.Set(headerExpectedStream, nowhere)
	err = l.ask(ctx, func(ctx context.Context) error {
		_, err := l.RequestMsgWithContext(ctx, m)
		if errors.Is(err, natsgo.ErrNoResponders) {
			return nil // no stream takes it yet
		}
		return err
	})
	return explain(stream, err)
}

// tryRequest finds out whether the user may make a request to JetStream, by one that it doesn't understand.
func (c *connection) tryRequest(ctx context.Context, subject string) error {
	return c.ask(ctx, func(ctx context.Context) error {
		_, err := c.RequestWithContext(ctx, api+subject, []byte(broken))
		return err
	})
}

// tryPublishing asks the server whether the user may publish to the outputs.
func (o *output) tryPublishing(ctx context.Context) (advice []string, err error) {
	var answer struct {
		Data struct {
			Permissions struct {
				Publish struct {
					Allow []string `json:"allow"`
					Deny  []string `json:"deny"`
				} `json:"publish"`
			} `json:"permissions"`
		} `json:"data"`
	}
	const question = "$SYS.REQ.USER.INFO"
	err = o.ask(ctx, func(ctx context.Context) error {
		reply, err := o.RequestWithContext(ctx, question, nil)
		if err != nil {
			return err
		}
		return json.Unmarshal(reply.Data, &answer)
	})
	for _, subject := range o.subjects {
		switch may := answer.Data.Permissions.Publish; {
		case err != nil:
			advice = append(advice, fmt.Sprintf("nats: whether the user may publish to %s isn't known, since asking for that "+
				"takes the permission to publish to %s", subject, question))
		case len(may.Allow) > 0 && !collidesWithAny(subject, may.Allow), collidesWithAny(subject, may.Deny):
			return nil, explain("", fmt.Errorf("%w: the user may not publish to %q", natsgo.ErrPermissionViolation, subject))
		}
	}
	return advice, nil
}

var _ broker.Rehearser = (*Broker)(nil)

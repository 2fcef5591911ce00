package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

// A target is the JetStream stream of all outputs and of their positions, as the server describes it. What this package
// doesn't know of a configuration stays as it is.
type target struct {
	name   string
	raw    map[string]json.RawMessage
	config jetstream.StreamConfig
}

// openTarget finds or makes the stream of the outputs, and gives it what it lacks.
func (o *output) openTarget(ctx context.Context, declared []*subject) error {
	if err := o.hasBatches(); err != nil {
		return err
	}
	name, missing, err := o.targetName(ctx, declared)
	if err != nil {
		return err
	}
	own := o.own()
	t, err := o.target(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if err := o.makeTarget(ctx, name, append(missing, own), declared); err != nil {
			return err
		}
		t, err = o.target(ctx, name)
	}
	if err != nil {
		return explain(name, err)
	}
	if err := t.refuse(); err != nil {
		return err
	}
	if !t.has(own) {
		missing = append(missing, own)
	}
	if err := o.adjust(ctx, t, missing); err != nil {
		return err
	}
	o.stream, o.forever = name, t.config.AllowMsgTTL
	o.limit(t)
	for _, weakness := range t.weaknesses(len(declared)) {
		o.logger.Warn(weakness, "stream", name)
	}
	return nil
}

// hasBatches finds out whether the server has what a commit is.
func (o *output) hasBatches() error {
	if server.IsBelow(o.ConnectedServerVersion(), 2, 12) {
		return fmt.Errorf("nats: server %s has no atomic batches, in which results and positions are written together: "+
			"exactly once needs version 2.12 or newer", o.ConnectedServerVersion())
	}
	return nil
}

// own is what the subjects of this mill's positions match.
func (o *output) own() string { return positionsSubject + token(o.name) + ".>" }

// limit notes how large a message may be; t is nil where the stream isn't there yet.
func (o *output) limit(t *target) {
	o.maxMessage = int(o.MaxPayload())
	if t != nil && t.config.MaxMsgSize > 0 {
		o.maxMessage = min(o.maxMessage, int(t.config.MaxMsgSize))
	}
}

// weaknesses tells why the stream may lose what it has taken.
func (t *target) weaknesses(outputs int) (all []string) {
	if limited := t.config.MaxMsgs > 0 || t.config.MaxBytes > 0; limited && t.config.Discard == jetstream.DiscardOld &&
		len(t.config.Subjects) > outputs+1 {
		all = append(all, fmt.Sprintf("the limits of the outputs' stream, which others write to (max_msgs=%d, max_bytes=%d), "+
			"may remove the positions of a mill that doesn't run for long: the next run would begin anew", t.config.MaxMsgs,
			t.config.MaxBytes))
	}
	if t.config.Storage == jetstream.MemoryStorage {
		all = append(all, "the stream of the outputs is in the server's memory: results and positions are lost when it ends")
	}
	return all
}

// findTarget finds the stream of the outputs for somebody who looks.
func (o *output) findTarget(ctx context.Context, declared []*subject) error {
	name, _, err := o.targetName(ctx, declared)
	if err == nil {
		_, err = o.target(ctx, name)
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return broker.ErrNothingKept
	case err != nil:
		return explain(name, err)
	}
	o.stream = name
	return nil
}

// targetName returns the stream that all outputs are in, or are to be in, and the subjects that it lacks.
func (o *output) targetName(ctx context.Context, declared []*subject) (name string, missing []string, err error) {
	for _, s := range declared {
		in, err := o.streamOf(ctx, s.stream.Name)
		if err != nil {
			return "", nil, err
		}
		if in == "" {
			missing, in = append(missing, s.stream.Name), s.in
		}
		if s.in != "" && in != s.in {
			return "", nil, fmt.Errorf("nats: the subject %s is in stream %s, and a subject is in one stream: leave "+
				"nats.InStream(%q) out, stream: in a pipeline file, or take the subject from %[2]s", s.stream.Name, in, s.in)
		}
		if in != "" && name != "" && in != name {
			return "", nil, fmt.Errorf("nats: the outputs are in several streams, %s and %s, but a commit is one batch in one "+
				"stream: put the outputs' subjects in one (nats.InStream, or stream: in a pipeline file)", name, in)
		}
		if in != "" {
			name = in
		}
	}
	kept, err := o.streamOf(ctx, o.subject(0))
	switch {
	case err != nil:
		return "", nil, err
	case kept != "" && name != "" && kept != name:
		return "", nil, fmt.Errorf("nats: the positions of %q are in stream %s, and the outputs are to be in %s: give the "+
			"changed mill another name, or take leat.positions.%s.> from %[2]s", o.name, kept, name, token(o.name))
	case name == "" && kept != "":
		name = kept
	case name == "":
		name = streamName(declared[0].stream.Name)
	}
	return name, missing, nil
}

// streamOf returns the stream that has a subject, empty where none has.
func (c *connection) streamOf(ctx context.Context, subject string) (name string, err error) {
	err = c.ask(ctx, func(ctx context.Context) error {
		name, err = c.js.StreamNameBySubject(ctx, subject)
		return err
	})
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return "", nil
	}
	return name, explain("", err)
}

// target asks for a stream as it is.
func (c *connection) target(ctx context.Context, name string) (*target, error) {
	var answer struct {
		Config json.RawMessage `json:"config"`
	}
	t := &target{name: name}
	err := c.ask(ctx, func(ctx context.Context) error {
		return c.request(ctx, "STREAM.INFO."+name, struct{}{}, &answer)
	})
	switch {
	case hasCode(err, jetstream.JSErrCodeStreamNotFound):
		return nil, jetstream.ErrStreamNotFound
	case err != nil:
		return nil, err
	}
	return t, errors.Join(json.Unmarshal(answer.Config, &t.raw), json.Unmarshal(answer.Config, &t.config))
}

// makeTarget makes the stream of the outputs.
func (o *output) makeTarget(ctx context.Context, name string, subjects []string, declared []*subject) error {
	replicas := 1
	for _, s := range declared {
		replicas = max(replicas, s.replicas)
	}
	config := jetstream.StreamConfig{Name: name, Subjects: subjects, Storage: jetstream.FileStorage, Replicas: replicas,
		AllowAtomicPublish: true, AllowRollup: true, AllowDirect: true, AllowMsgTTL: true,
		Description: "results of Leat's mill " + o.name}
	err := o.ask(ctx, func(ctx context.Context) error {
		_, err := o.js.CreateStream(ctx, config)
		return err
	})
	switch {
	case hasCode(err, jetstream.JSErrCodeStreamNameInUse):
		return nil // another run has just made it
	case hasCode(err, codeOverlap):
		return fmt.Errorf("nats: stream %s can't be made for %s: %w; see nats stream ls --subject", name,
			strings.Join(subjects, ", "), err)
	case err != nil:
		return explain(name, err)
	}
	o.logger.Info("the stream of the outputs was made", "stream", name, "subjects", subjects)
	return nil
}

// has reports whether the stream takes all that matches a pattern.
func (t *target) has(pattern string) bool {
	for _, have := range t.config.Subjects {
		if have == pattern || have == ">" || strings.HasSuffix(have, ".>") && strings.HasPrefix(pattern,
			strings.TrimSuffix(have, ">")) {
			return true
		}
	}
	return false
}

// refuse says why a stream can't hold results with their positions.
func (t *target) refuse() error {
	why := ""
	switch c := t.config; {
	case c.Mirror != nil:
		why = "it is a mirror, which takes no messages"
	case c.Sealed:
		why = "it is sealed"
	case c.DenyPurge:
		why = "it denies purges (deny_purge), so that positions can't take the place of those before"
	case c.NoAck:
		why = "it acknowledges no messages (no_ack), so that nobody knows what was written"
	case c.Retention != jetstream.LimitsPolicy:
		why = "its retention policy is " + strings.ToLower(c.Retention.String()) +
			", by which messages vanish, and the positions with them; use one with the policy limits, " +
			"and a stream with that as a source where a work queue is needed"
	case c.SubjectTransform != nil:
		why = "it changes the subjects of messages (subject_transform)"
	default:
		return nil
	}
	return fmt.Errorf("nats: results can't go to stream %s: %s", t.name, why)
}

// adjust gives the stream what it lacks: subjects, and permission for what commits need.
func (o *output) adjust(ctx context.Context, t *target, missing []string) error {
	changes := t.complete(missing)
	if len(changes) == 0 {
		return nil
	}
	var answer struct {
		Config jetstream.StreamConfig `json:"config"`
	}
	err := o.ask(ctx, func(ctx context.Context) error {
		return o.request(ctx, "STREAM.UPDATE."+t.name, t.raw, &answer)
	})
	if err != nil {
		return fmt.Errorf("%w; it has to have the subjects %s, allow_atomic: true and allow_rollup_hdrs: true, and "+
			"where it has a max_age allow_msg_ttl: true", explain(t.name, err),
			strings.Join(append(t.config.Subjects, missing...), ", "))
	}
	t.config = answer.Config
	o.logger.Info("the stream of the outputs was adjusted", "stream", t.name, "settings", changes)
	return nil
}

// complete adds to the raw configuration what it lacks, and returns the names of that.
func (t *target) complete(missing []string) (changes []string) {
	set := func(name string, value any) {
		t.raw[name], _ = json.Marshal(value) // of texts and bools, that doesn't fail
		changes = append(changes, name)
	}
	if len(missing) > 0 && !t.hasAll(missing) {
		set("subjects", append(t.config.Subjects, missing...))
	}
	if !t.config.AllowAtomicPublish {
		set("allow_atomic", true)
	}
	if !t.config.AllowRollup {
		set("allow_rollup_hdrs", true)
	}
	if t.config.MaxAge > 0 && !t.config.AllowMsgTTL {
		set("allow_msg_ttl", true)
	}
	return changes
}

func (t *target) hasAll(subjects []string) bool {
	for _, s := range subjects {
		if !t.has(s) {
			return false
		}
	}
	return true
}

package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

// Rehearse implements [broker.Rehearser]. Where Kafka tells which rights a client has, it is asked; others are tried by
// requests that Kafka refuses, or only checks.
func (b *Broker) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	if len(job.Inputs) == 0 && len(job.Outputs) == 0 {
		return nil, -1, nil // the group has nothing of this job
	}
	r, err := b.connect(ctx, job, len(job.Inputs) == 0)
	if err != nil {
		return nil, -1, stopped(ctx, err)
	}
	defer r.client.Close()
	if err := r.rehearse(ctx); err != nil {
		return nil, -1, stopped(ctx, err)
	}
	for _, topic := range r.outputs.names() {
		if r.outputs.byName[topic].compacted {
			advice = append(advice, fmt.Sprintf("kafka: topic %q is %s", topic, compactedMeans))
		}
	}
	refused, err = broker.FirstRefused(&output{run: r}, results)
	return advice, refused, err
}

// rehearse looks at topics, group and transactional id as a run does, and changes nothing.
func (r *run) rehearse(ctx context.Context) error {
	if r.topics.foreign {
		r.setPartitions(r.job.Partitions)
	} else if err := r.openInputs(ctx); err != nil {
		return err
	}
	if len(r.job.Outputs) > 0 {
		if err := r.outputs.rehearse(ctx, r.topics.names, r.Partitions()); err != nil {
			return err
		}
	}
	if err := r.checkGroup(ctx); err != nil {
		return err
	}
	return r.tryTransaction(ctx)
}

// rehearse looks at the output topics as open does, and has Kafka check what it would do, without doing it.
func (o *outputs) rehearse(ctx context.Context, inputs []string, partitions int) error {
	o.inputs, o.partitions = inputs, partitions
	topics, err := o.find(ctx)
	if err != nil {
		return err
	}
	configs, err := o.inputConfigs(ctx)
	if err != nil {
		return err
	}
	var existing []topic
	var missing []string
	for _, t := range topics {
		if t.exists {
			existing = append(existing, t)
		} else {
			missing = append(missing, t.name)
		}
	}
	if missing != nil {
		if err := o.requestCreation(ctx, missing, inherit(configs)); err != nil {
			return err
		}
	}
	if err := o.mayWrite(existing); err != nil {
		return err
	}
	if len(existing) > 0 {
		if err := o.matchInputs(ctx, existing); err != nil {
			return err
		}
	}
	if narrow := narrowerThan(existing, partitions); narrow != nil {
		if err := o.requestPartitions(ctx, narrow, partitions, true); err != nil {
			return err
		}
	}
	return o.readSettings(ctx, missing)
}

// tryTransaction finds out whether the client may commit offsets of the group by the transactional id. No producer has the
// id that it names, so that Kafka refuses that, and checks the rights before.
func (r *run) tryTransaction(ctx context.Context) error {
	request := kmsg.NewPtrAddOffsetsToTxnRequest()
	request.TransactionalID = r.assignment.transactionalID()
	request.ProducerID, request.ProducerEpoch = noProducer, noProducer
	request.Group = r.group
	err := untilStarted(ctx, startedTimeout, func(ctx context.Context) error {
		reply, err := request.RequestWith(ctx, r.client)
		if err == nil {
			err = kerr.ErrorForCode(reply.ErrorCode)
		}
		return err
	})
	switch {
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed) && r.settings.instance == "":
		return fmt.Errorf("kafka: transactional id %q: %w; a run that is given a name as an instance ends the id with that",
			request.TransactionalID, final(err))
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed), errors.Is(err, kerr.GroupAuthorizationFailed):
		return fmt.Errorf("kafka: transactional id %q: %w", request.TransactionalID, final(err))
	}
	if _, answered := errors.AsType[*kerr.Error](err); answered {
		return nil // as Kafka does where the rights are there
	}
	return cmp.Or(final(err), err)
}

// noProducer is no producer's id, nor epoch.
const noProducer = -1

var _ broker.Rehearser = (*Broker)(nil)

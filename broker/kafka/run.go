package kafka

import (
	"context"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/leat-go/leat/broker"
)

// A run is what the source and the sink of one job share. It only puts its parts together:
//
//	topics, identity   which topics hold the positions, and whether they are still those that the run began with
//	positions          what the group has committed, and what is to be committed
//	outputs            the topics that results go to
//	membership         this instance in the group: joining, and joining again
//	assignment         which partitions it has, and what their tasks do
//	transactions       the commits
type run struct {
	*admin
	job          *broker.Job
	topics       *positionTopics
	identity     *identity
	positions    *positions
	outputs      *outputs
	membership   *membership
	assignment   *assignment
	transactions *transactions
	// sink says that the results go to this cluster, too. It is set before the run owns partitions.
	sink bool
	// shared is set before the run owns partitions; nil where no positions are kept.
	shared *shared
	// sessionEnded says that the session has ended in all partitions of the group.
	sessionEnded atomic.Bool
	// users counts the source and the sink that use the run. Broker.mu guards it.
	users int
}

// newRun puts a run together. It joins the group when it must.
func newRun(a *admin, job *broker.Job, foreign bool) *run {
	instance := a.settings.instance
	if instance == "" {
		instance = randomName()
	}
	r := &run{admin: a, job: job, topics: &positionTopics{ids: map[string]kadm.TopicID{}, foreign: foreign}}
	r.identity = &identity{admin: a, topics: r.topics}
	r.positions = newPositions(r.identity)
	r.outputs = newOutputs(a, job)
	r.assignment = newAssignment(a, instance)
	r.membership = newMembership(r.topics, r.outputs, r.assignment)
	r.transactions = &transactions{
		membership: r.membership,
		assignment: r.assignment,
		positions:  r.positions,
		outputs:    r.outputs,
	}
	r.positions.endPending = func(ctx context.Context) error {
		_, err := r.membership.open(ctx)
		return err
	}
	return r
}

// Partitions implements broker.Input.
func (r *run) Partitions() int { return r.assignment.count() }

// setPartitions sets the number of partitions, once it is known.
func (r *run) setPartitions(n int) {
	r.positions.setPartitions(n)
	r.assignment.setPartitions(n)
}

// Progress implements broker.Keeper.
func (r *run) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	return r.positions.progress(ctx, partition)
}

// LowestSession implements broker.SessionKeeper.
func (r *run) LowestSession(ctx context.Context) (int64, error) {
	return r.positions.lowestSession(ctx)
}

// close leaves the group and closes the connections.
func (r *run) close() {
	r.membership.close(r.sessionEnded.Load())
	r.client.Close()
}

package workload

import (
	"fmt"
	"log/slog"

	"github.com/leat-go/leat"
)

// A Kind says what the mill under test joins by.
type Kind string

const (
	// Chain joins equal keys: a self-join with a chain of two more nodes below it.
	Chain Kind = "chain"
	// Joins joins near keys in every way: a self-join within a reach, an optional last one by a match key, with a nearest one
	// that it needs below it, and a stream in which there must be none. The last two are sorted with a lateness.
	Joins Kind = "joins"
	// Silent is Joins with details that are silent for most of a session, and that the mill doesn't wait for: they are idle.
	// Its input is only right where a load writes it as [Plan.IsSilent] says.
	Silent Kind = "silent"
)

// KindOf returns the kind with the name given. The error names those that there are.
func KindOf(name string) (Kind, error) {
	switch k := Kind(name); k {
	case Chain, Joins, Silent:
		return k, nil
	}
	return "", fmt.Errorf("there is no workload %q: choose from %s, %s, %s", name, Chain, Joins, Silent)
}

// NewMill returns the mill under test. Its results are by the process given.
func (k Kind) NewMill(
	by string, concurrency int, logger *slog.Logger, storages ...leat.Option,
) (*leat.Mill, error) {
	options := append([]leat.Option{
		leat.Name("crashtest"), leat.Concurrency(concurrency), leat.Logger(logger),
	}, storages...)
	if k != Chain && k != "" {
		return leat.New(joinNear(by), append(options, k.nearJoins()...)...)
	}
	return leat.New(joinChain(by), append(options, chainJoins()...)...)
}

// Expected returns the results of a session of a partition.
func (p Plan) Expected(partition, session int) []Result {
	data := p.Session(partition, session)
	if p.isNear() {
		return p.Kind.expectedNear(session, data)
	}
	return expectedChain(session, data)
}

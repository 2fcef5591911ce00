package mill

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// compileResultWhere compiles which results are written, if not all are.
func (m *Mill) compileResultWhere(where *description.Text) error {
	if where == nil {
		return nil
	}
	program, err := expression.Compile(where.Value, callScope{m.Master, m.Window != nil})
	if err != nil {
		return m.explainAbsent(*where, err)
	}
	if err := program.CheckCondition(); err != nil {
		return where.Errorf("%v", err)
	}
	root, err := expression.Parse(where.Value)
	if err != nil {
		return where.Locate(err, 0)
	}
	if len(namesIn(root)) == 0 {
		return where.Errorf("%s is the same for all results: name a stream of theirs, as in %s.price > 0", program, m.Master.Name)
	}
	m.where = program
	return nil
}

// conditional is the function of a pipeline with a where: the results of calls of which it isn't true are not written.
type conditional struct {
	engine.Function
	where *expression.Program
}

// Call implements [engine.Function].
func (c *conditional) Call(ctx context.Context, call *engine.Call, emit engine.Emit) error {
	holds, err := c.where.Holds(call)
	switch {
	case err != nil:
		return fmt.Errorf("where: %w", err)
	case !holds:
		call.Filtered = true
		return nil
	}
	return c.Function.Call(ctx, call, emit)
}

package pipeline

import (
	"bytes"
	"context"
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// appendJoined appends an element with one more member for each child of its node: the list of its matches.
func appendJoined(dst []byte, element *engine.Element, n *node) []byte {
	raw := element.Value.(*object.Object).Raw
	if len(n.children) == 0 {
		return append(dst, raw...)
	}
	body := bytes.TrimRight(raw[:len(raw)-1], " \t")
	dst = append(dst, body...)
	empty := len(body) == 1
	for i, child := range n.children {
		if !empty || i > 0 {
			dst = append(dst, ',')
		}
		dst = append(expression.AppendText(dst, child.name), ':')
		dst = appendList(dst, element.Matches[i], child)
	}
	return append(dst, '}')
}

func appendList(dst []byte, elements []engine.Element, n *node) []byte {
	dst = append(dst, '[')
	for i := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJoined(dst, &elements[i], n)
	}
	return append(dst, ']')
}

// An emitted is a member of what is written.
type emitted struct {
	name    string
	program *expression.Program
}

// joiner is the function of a pipeline without emit: it writes the joined elements.
type joiner struct {
	master *node
	window bool
	result object.Object
}

// Call implements [engine.Function].
func (j *joiner) Call(_ context.Context, call *engine.Call, emit engine.Emit) error {
	dst := j.result.Raw[:0]
	if j.window {
		dst = append(expression.AppendText(append(dst, '{'), j.master.name), ':')
		dst = append(appendList(dst, call.Masters, j.master), '}')
	} else {
		dst = appendJoined(dst, &call.Masters[0], j.master)
	}
	j.result.Raw = dst
	return emit(0, &j.result)
}

// emitter is the function of a pipeline with emit.
type emitter struct {
	members []emitted
	result  object.Object
}

func newEmitter(members []emitted) *emitter {
	e := &emitter{}
	for _, m := range members {
		e.members = append(e.members, emitted{m.name, m.program.Clone()})
	}
	return e
}

// Call implements [engine.Function].
func (e *emitter) Call(_ context.Context, call *engine.Call, emit engine.Emit) error {
	dst := append(e.result.Raw[:0], '{')
	for i, m := range e.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(expression.AppendText(dst, m.name), ':')
		var err error
		if dst, err = m.program.AppendJSON(dst, call); err != nil {
			return fmt.Errorf("emit %s: %w", m.name, err)
		}
	}
	e.result.Raw = append(dst, '}')
	return emit(0, &e.result)
}

package mill

import (
	"bytes"
	"context"
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// appendJoined appends an element with one more member for each child of its node: the list of its matches, or its
// match where it has one at most, which is null where there is none.
func appendJoined(dst []byte, element *engine.Element, n *Node) []byte {
	raw := element.Value.(*object.Object).Raw
	if len(n.Children) == 0 {
		return append(dst, raw...)
	}
	body := bytes.TrimRight(raw[:len(raw)-1], " \t")
	dst = append(dst, body...)
	isFirst := len(body) == 1
	for i, child := range n.joined() {
		if !isFirst {
			dst = append(dst, ',')
		}
		isFirst = false
		dst = append(expression.AppendText(dst, child.Name), ':')
		if child.isSingle() {
			dst = appendSingle(dst, element.Matches[i], child)
		} else {
			dst = appendList(dst, element.Matches[i], child)
		}
	}
	return append(dst, '}')
}

// appendSingle appends the only one of at most one element, or null.
func appendSingle(dst []byte, elements []engine.Element, n *Node) []byte {
	if len(elements) == 0 {
		return append(dst, "null"...)
	}
	return appendJoined(dst, &elements[0], n)
}

func appendList(dst []byte, elements []engine.Element, n *Node) []byte {
	dst = append(dst, '[')
	for i := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJoined(dst, &elements[i], n)
	}
	return append(dst, ']')
}

// An Emitted is a member of what is written.
type Emitted struct {
	Name    string
	Program *expression.Program
}

// joiner is the function of a pipeline without emit: it writes the joined elements.
type joiner struct {
	master *Node
	window bool
	result object.Object
}

// Call implements [engine.Function].
func (j *joiner) Call(_ context.Context, call *engine.Call, emit engine.Emit) error {
	dst := j.result.Raw[:0]
	if j.window {
		dst = append(expression.AppendText(append(dst, '{'), j.master.Name), ':')
		dst = append(appendList(dst, call.Masters, j.master), '}')
	} else {
		dst = appendJoined(dst, &call.Masters[0], j.master)
	}
	j.result.Raw = dst
	return emit(0, &j.result)
}

// emitter is the function of a pipeline with emit.
type emitter struct {
	members []Emitted
	// before is what stands before each member's value.
	before [][]byte
	result object.Object
}

func newEmitter(members []Emitted) *emitter {
	e := &emitter{}
	for i, m := range members {
		e.members = append(e.members, Emitted{m.Name, m.Program.Clone()})
		before := []byte{','}
		if i == 0 {
			before[0] = '{'
		}
		e.before = append(e.before, append(expression.AppendText(before, m.Name), ':'))
	}
	return e
}

// Call implements [engine.Function].
func (e *emitter) Call(_ context.Context, call *engine.Call, emit engine.Emit) error {
	dst := e.result.Raw[:0]
	for i, m := range e.members {
		dst = append(dst, e.before[i]...)
		var err error
		if dst, err = m.Program.AppendJSON(dst, call); err != nil {
			return fmt.Errorf("emit %s: %w", m.Name, err)
		}
	}
	e.result.Raw = append(dst, '}')
	return emit(0, &e.result)
}

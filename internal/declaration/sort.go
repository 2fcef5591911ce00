package declaration

import "github.com/leat-go/leat/internal/engine"

// A Sort is what an option said of the order of a stream. Its setting says for which nodes, and sets nothing: of several
// sorts a node has one.
type Sort struct {
	*NodeSetting
	*engine.Sort
}

// AddSort adds a sort for nodes of an element type, or the one that an option names: leat.Named is the only one.
func AddSort[T, O any](m *Mill, o *Option, s *engine.Sort, options []O) {
	setting := NewNodeSetting[T](o, nil)
	declareNode(m, setting, options)
	m.Sorts = append(m.Sorts, &Sort{setting, s})
}

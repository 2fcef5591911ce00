package declaration

import "github.com/leat-go/leat/internal/engine"

// An Idle is what an option said of streams that may be idle. Its setting says of which nodes, and sets nothing: of
// several a node has one.
type Idle struct {
	*NodeSetting
	*engine.Idle
}

// AddIdle adds an idle for nodes of an element type, or the one that an option names.
func AddIdle[T any, O interface{ DeclareNode(*NodeSetting) }](m *Mill, o *Option, i *engine.Idle, options []O) {
	setting := NewNodeSetting[T](o, nil)
	declareNode(m, setting, options)
	m.Idles = append(m.Idles, &Idle{setting, i})
}

package declaration

import "github.com/leat-go/leat/internal/mistake"

// An Option is an option of the public face or of a package beside it, with its name and where it was made.
type Option struct {
	name string
	at   mistake.Location
	set  func(m *Mill, o *Option)
	// many says that the option may be given several times.
	many bool
}

// Once makes an option that may be given once. It must be called by the function that is the option, such as
// leat.Broker: its caller is the location that mistakes name. set fills the declaration; it may be called for several
// mills.
func Once(name string, set func(m *Mill, o *Option)) *Option {
	return &Option{name: name, at: mistake.Caller(1), set: set}
}

// Many makes an option as Once does, but one that may be given several times.
func Many(name string, set func(m *Mill, o *Option)) *Option {
	return &Option{name: name, at: mistake.Caller(1), set: set, many: true}
}

// Declare adds what the option says to a declaration.
func (o *Option) Declare(m *Mill) {
	first := m.given[o.name]
	if first != nil && !o.many {
		m.Mistakes.Add("%s: %s was given before; give it once", o, first)
		return
	}
	if first == nil {
		m.given[o.name] = o
	}
	o.set(m, o)
}

// String returns the option as mistakes name it: "leat.Broker (main.go:12)".
func (o *Option) String() string { return o.name + o.at.Suffix() }

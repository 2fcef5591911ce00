package signature

import (
	"fmt"
	"reflect"

	"github.com/leat-go/leat/internal/mistake"
)

// A Function is what the type of a function with parameters says.
type Function struct {
	// Master is the parameter of the master, and Element the master's type; nil where there is none.
	Master     *Parameter
	Element    reflect.Type
	Parameters []Parameter
	Results    []Result
	// Failing says that the last result, which isn't among Results, is an error.
	Failing bool
}

// A Parameter is a parameter of a function.
type Parameter struct {
	Index int
	Type  reflect.Type
	Kind  Kind
	// Mistake says what is wrong with it whatever the join tree is; empty where nothing is.
	Mistake string

	variadic bool
}

// Kind is what a parameter is for.
type Kind int

// The kinds of parameters.
const (
	// Injected is a value that isn't about elements.
	Injected Kind = iota
	Context
	// Master is the master element, and Masters those of a window.
	Master
	Masters
	// Record is the record of the master, and Records are those of a window's masters.
	Record
	Records
	// Matches is a list of elements, and MatchMap has a list for each element of another type.
	Matches
	MatchMap
	// Single is an element other than the master, and Variadic a variadic parameter. Both are mistakes.
	Single
	Variadic
)

// String returns the parameter as mistakes name it: "parameter 2 ([]main.Video)".
func (p *Parameter) String() string {
	text := mistake.Type(p.Type)
	if p.variadic {
		text = "..." + mistake.Type(p.Type.Elem())
	}
	return fmt.Sprintf("parameter %d (%s)", p.Index+1, text)
}

// Read reads the type of a function. Where it finds no master, the Function has no parameters, and the mistakes say
// why, unless the reason is that there is no source. Mistakes in single parameters and results are in their field
// Mistake.
func Read(t reflect.Type, facts *Facts) (*Function, mistake.List) {
	r := &reader{Facts: facts}
	for i := range t.NumIn() {
		p := Parameter{Index: i, Type: t.In(i), variadic: t.IsVariadic() && i == t.NumIn()-1}
		r.parameters = append(r.parameters, p)
	}
	f := &Function{}
	i, master := r.findMaster()
	if master == nil {
		return f, r.mistakes
	}
	for j := range r.parameters {
		r.read(&r.parameters[j], j == i)
	}
	f.Master, f.Element, f.Parameters = &r.parameters[i], master, r.parameters
	f.Results, f.Failing = readResults(t, facts)
	return f, r.mistakes
}

// A reader reads the type of a function.
type reader struct {
	*Facts
	parameters []Parameter
	mistakes   mistake.List
}

// read finds out what a parameter is for.
func (r *reader) read(p *Parameter, master bool) {
	switch t := p.Type; {
	case p.variadic:
		p.Kind = Variadic
	case t == contextType:
		p.Kind = Context
		if p.Index > 0 {
			p.Mistake = "the context must be the first parameter"
		}
	case master && r.Windowed:
		p.Kind = Masters
	case master:
		p.Kind = Master
	case r.isProvided(t):
		p.Kind = Injected
	case element(t) == r.Record, t.Kind() == reflect.Slice && element(t.Elem()) == r.Record:
		r.readRecord(p)
	case r.isListOfElements(t):
		p.Kind = Matches
	case r.isMatchMap(t):
		p.Kind = MatchMap
	case r.isElement(element(t)):
		p.Kind = Single
	}
}

// readRecord reads a parameter for records: its form is said by the window.
func (r *reader) readRecord(p *Parameter) {
	fit := r.Record
	p.Kind = Record
	if r.Windowed {
		fit = reflect.SliceOf(r.Record)
		p.Kind = Records
	}
	if p.Type == fit {
		return
	}
	why := "the master's record comes as a value"
	switch {
	case r.Windowed:
		why = "a window has a record for each of its masters"
	case p.Type.Kind() == reflect.Slice:
		why = "without a window there is one record"
	}
	p.Mistake = fmt.Sprintf("%s; make it %v", why, fit)
}

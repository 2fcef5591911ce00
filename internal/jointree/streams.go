package jointree

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/mistake"
)

// FindStream sets the stream that a node reads. It returns an error if the source has none for it, or several. Without
// a source it returns nil, since that mistake is reported already.
func (t *Tree) FindStream(n *Node) error {
	n.Stream = broker.Stream{Type: n.Element}
	found := n.streams(t.declared.Inputs.OfType(n.Element))
	switch len(found) {
	case 1:
		n.Stream = found[0]
	case 0:
		if t.declared.Source {
			return fmt.Errorf("%s: %s", n.Origin, t.missingInput(n))
		}
	default:
		return fmt.Errorf("%s: the source has several streams of %v, %s; give all but one a name, "+
			"or a broker of its own to one that is to be written", n.Origin, mistake.Element(n.Element, found[0].As), found)
	}
	return nil
}

// streams returns those of the streams of its type that n may mean: those of its name. A field without a tag may also
// mean those without a name.
func (n *Node) streams(all declaration.Streams) declaration.Streams {
	if n.path == "" || n.tagged {
		return all.Named(n.Name)
	}
	found := all.Filter(func(s broker.Stream) bool { return strings.EqualFold(s.As, n.Name) })
	if len(found) == 0 {
		return all.Named("")
	}
	return found
}

// missingInput says why the source has no stream for a node.
func (t *Tree) missingInput(n *Node) string {
	others := t.declared.Inputs.OfType(n.Element)
	switch {
	case len(others) == 0:
		return fmt.Sprintf("the source has no stream of %v; it has %s", n.Element, t.declared.Inputs)
	case n.path != "" && !n.tagged:
		return fmt.Sprintf("the source has no stream of %v without a name, nor one named %q; it has %s: "+
			"tag the field with the name of one, as in `leat:%q`", n.Element, n.Name, others, others[0].As)
	case n.Name == "" && n.Join == nil:
		return fmt.Sprintf("the source has no stream of %v without a name; it has %s: declare the master's without",
			n.Element, others)
	case n.Name == "":
		return fmt.Sprintf("the source has no stream of %v without a name; it has %s: take one by leat.Named",
			n.Element, others)
	}
	return fmt.Sprintf("the source has no stream of %s; it has %s: declare one under that name",
		n, others)
}

package file

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker"
)

// A position is where a file is read on: what Rewind.Position holds, as JSON. Offsets count the elements from the file's
// beginning, or from the first run that followed it, so that they mean the same in all runs.
type position struct {
	Offset    int64 `json:"offset"`
	Seen      int64 `json:"seen"`
	Accounted int64 `json:"accounted"`
	// From is the anchor where reading goes on, up to the offset without giving anything, and Read one that was read, where
	// there is one: the file must still hold what lies before both.
	From anchor  `json:"from"`
	Read *anchor `json:"read,omitempty"`
	// Head is of the file's first bytes, as they lie on disk: a position at the beginning has nothing else before it.
	Head fingerprint `json:"head,omitzero"`
	// End is how many bytes the file had on disk in the session that has ended before the node had come there.
	End int64 `json:"end,omitempty"`
	// Fresh says that the next run begins with other contents, behind a mark of what can be read once only.
	Fresh bool `json:"fresh,omitempty"`
	// Table tells the file again where it is a table; a position in it is a row's number.
	Table *tableMark `json:"table,omitempty"`
	// Part is where the stream has several files: what else the position says of a file is of that one, but for the offsets.
	Part json.RawMessage `json:"part,omitempty"`
}

// readPosition reads what was kept of a node.
func readPosition(node *broker.Rewind) (p position, err error) {
	if node.Position == "" {
		return p, fmt.Errorf("node %s: its position, offset %d, says nothing of the file that it is in: it was kept by "+
			"another storage, or by an earlier version of Leat; %s", node.Node, node.Offset, startAnew)
	}
	d := json.NewDecoder(strings.NewReader(node.Position))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("node %s: its position, %s, is none in a file (%w): it was kept by another storage; %s",
			node.Node, node.Position, err, startAnew)
	}
	return p, nil
}

// startAnew says how a user begins anew.
const startAnew = "to begin at the start of all streams, remove the positions, as by leat positions FILE --reset, or " +
	"give the pipeline another name"

// Positions implements broker.Positioner.
func (in *input) Positions(_ int, nodes []broker.Rewind) error {
	lowest := map[*anchors]int64{}
	for i := range nodes {
		s := in.streams[i]
		if s.parts != nil {
			if err := s.parts.keep(&nodes[i]); err != nil {
				return err
			}
			continue
		}
		text, err := json.Marshal(s.position(&nodes[i]))
		if err != nil {
			return err
		}
		nodes[i].Position = string(text)
		if before, ok := lowest[s.anchors]; !ok || nodes[i].Offset < before {
			lowest[s.anchors] = nodes[i].Offset
		}
	}
	for of, offset := range lowest {
		of.forget(offset)
	}
	return nil
}

// position returns what a rewind point stands for.
func (s *inputStream) position(r *broker.Rewind) position {
	if s.follows != nil {
		defer s.follows.lock()()
	}
	if s.once && (r.NextSession || s.anchors.isBehindMark(r.Offset)) {
		return position{Fresh: true}
	}
	p := position{Offset: r.Offset, Seen: r.Seen, Accounted: r.Accounted}
	if s.layout == table {
		p.Table = &s.mark
		if r.NextSession {
			p.End = s.mark.Bytes
		}
		return p
	}
	p.From, p.Read = s.anchors.around(r.Offset)
	switch g := p.From.of; {
	case g != nil:
		p.Head = fingerprintOf(g.head)
	case s.follows == nil && !s.once:
		if p.Head = s.head; s.packed != plain && !r.NextSession {
			p.Head = fingerprint{} // compressed anew, it may begin otherwise and hold the same
		}
		if r.NextSession {
			p.End = s.anchors.reached()
		}
	}
	return p
}

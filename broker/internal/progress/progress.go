// Package progress writes a task's progress as the JSON that databases and queues keep, in which people can read it.
package progress

import (
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// kept is a Progress as it is kept.
type kept struct {
	Sessions int64      `json:"sessions"`
	Nodes    []keptNode `json:"nodes"`
}

type keptNode struct {
	Node        string          `json:"node"`
	Offset      int64           `json:"offset"`
	Behind      bool            `json:"behind,omitempty"`
	Seen        int64           `json:"seen"`
	Accounted   int64           `json:"accounted"`
	NextSession bool            `json:"next_session,omitempty"`
	Position    json.RawMessage `json:"position,omitempty"`
}

// Marshal returns progress as JSON; the zero value is an object, too.
func Marshal(p broker.Progress) ([]byte, error) {
	k := kept{Sessions: p.Sessions}
	for _, n := range p.Nodes {
		node := keptNode{n.Node, n.Offset, n.Behind, n.Seen, n.Accounted, n.NextSession, nil}
		if n.Position != "" {
			node.Position = positionText(n.Position)
		}
		k.Nodes = append(k.Nodes, node)
	}
	return json.Marshal(k)
}

// positionText is a position as JSON: as it is where it is an object, which people can read, and else as a string. An
// object that would be written with other blanks or escapes is a string, too, for it must come back as it was.
func positionText(p string) json.RawMessage {
	if p[0] == '{' {
		if written, err := json.Marshal(json.RawMessage(p)); err == nil && string(written) == p {
			return written
		}
	}
	text, _ := json.Marshal(p) // of a string, that doesn't fail
	return text
}

// Unmarshal reads what [Marshal] has written; nothing is the zero value.
func Unmarshal(text []byte) (p broker.Progress, err error) {
	if len(text) == 0 {
		return p, nil
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return p, fmt.Errorf("what is kept is damaged: %w", err)
	}
	p.Sessions = k.Sessions
	for _, n := range k.Nodes {
		r := broker.Rewind{Node: n.Node, Offset: n.Offset, Behind: n.Behind, Seen: n.Seen, Accounted: n.Accounted,
			NextSession: n.NextSession}
		if len(n.Position) > 0 && n.Position[0] == '"' {
			if err := json.Unmarshal(n.Position, &r.Position); err != nil {
				return p, err
			}
		} else {
			r.Position = string(n.Position)
		}
		p.Nodes = append(p.Nodes, r)
	}
	return p, nil
}

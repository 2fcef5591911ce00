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
	Sorted      json.RawMessage `json:"sorted,omitempty"`
	Idle        json.RawMessage `json:"idle,omitempty"`
}

// Marshal returns progress as JSON; the zero value is an object, too.
func Marshal(p broker.Progress) ([]byte, error) {
	k := kept{Sessions: p.Sessions}
	for _, n := range p.Nodes {
		node := keptNode{n.Node, n.Offset, n.Behind, n.Seen, n.Accounted, n.NextSession, nil, nil, nil}
		if n.Position != "" {
			node.Position = textJSON(n.Position)
		}
		if n.Sorted != "" {
			node.Sorted = textJSON(n.Sorted)
		}
		if n.Idle != "" {
			node.Idle = textJSON(n.Idle)
		}
		k.Nodes = append(k.Nodes, node)
	}
	return json.Marshal(k)
}

// textJSON is a text as JSON: as it is where it is an object, which people can read, and else as a string. An object that
// would be written with other blanks or escapes is a string, too, for it must come back as it was.
func textJSON(text string) json.RawMessage {
	if text[0] == '{' {
		if written, err := json.Marshal(json.RawMessage(text)); err == nil && string(written) == text {
			return written
		}
	}
	quoted, _ := json.Marshal(text) // of a string, that doesn't fail
	return quoted
}

// readText reads what textJSON has made; nothing is empty.
func readText(kept json.RawMessage) (text string, err error) {
	if len(kept) > 0 && kept[0] == '"' {
		err = json.Unmarshal(kept, &text)
		return text, err
	}
	return string(kept), nil
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
		if r.Position, err = readText(n.Position); err != nil {
			return p, err
		}
		if r.Sorted, err = readText(n.Sorted); err != nil {
			return p, err
		}
		if r.Idle, err = readText(n.Idle); err != nil {
			return p, err
		}
		p.Nodes = append(p.Nodes, r)
	}
	return p, nil
}

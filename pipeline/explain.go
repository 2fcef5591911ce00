package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/diagnosis"
	"github.com/leat-go/leat/pipeline/internal/lookup"
)

// About is what Explain explains: a key, or an element.
type About struct {
	// Stream is the stream whose key or element it is; empty for the master.
	Stream string
	// Key is the key as one writes it: 30, 12.5, robot-7, true. Elements are known by the one member that their key in the
	// join is made of, and otherwise by that key itself; Explanation.By says which.
	Key string
	// Element is a JSON object, and set where Key isn't. The stream need not hold it.
	Element []byte
}

// An Explanation says what the streams have around a key, and what comes of it.
type Explanation struct {
	// Stream is the stream whose key it is, and By the expression that gives the key of one of its elements.
	Stream string `json:"stream"`
	By     string `json:"by,omitempty"`
	// Key is the key, or Element the element, that it is about.
	Key     *expression.Key `json:"key,omitempty"`
	Element json.RawMessage `json:"element,omitempty"`
	// Partitions has those partitions that the key is in; all, if it is in none.
	Partitions []PartitionExplanation `json:"partitions"`
	// Findings are what may be wrong with the joins where the chain breaks, as Check finds it.
	Findings []Finding `json:"findings"`
}

// PartitionExplanation is an explanation for one partition; files have one.
type PartitionExplanation struct {
	Partition int `json:"partition"`
	// Lookups say what the streams have, and Sentences what that means, down the tree from
	// the stream whose key it is.
	Lookups   []Lookup `json:"lookups"`
	Sentences []string `json:"sentences"`
	// Masters counts the master elements that it is about, and HandedOver those of them that the join hands over.
	Masters    int `json:"masters"`
	HandedOver int `json:"handed_over"`
	// Joined counts the elements with the key that reach the function, as masters or with one.
	Joined int `json:"joined"`
	// Cause is why the first of them that isn't handed over isn't, or why there are none; nil where all are.
	Cause *Cause `json:"cause"`
}

// A Cause is why an element is not handed over.
type Cause struct {
	// Stream is where the chain breaks.
	Stream string `json:"stream"`
	// Verdict says how.
	Verdict Verdict `json:"verdict"`
	// Key is the key that isn't there; nil where a run stops.
	Key  *expression.Key `json:"key,omitempty"`
	Text string          `json:"text"`
}

// A Lookup is what one stream has of a key.
type Lookup struct {
	Stream string         `json:"stream"`
	Key    expression.Key `json:"key"`
	// Count counts the elements with the key, and Complete those of them that have all matches further down.
	Count    int `json:"count"`
	Complete int `json:"complete"`
	// First and Last are the first and the last of them; nil where there are none.
	First *FoundElement `json:"first,omitempty"`
	Last  *FoundElement `json:"last,omitempty"`
	// Below and Above are the elements next to them, with other keys; nil where there are none.
	Below *FoundElement `json:"below,omitempty"`
	Above *FoundElement `json:"above,omitempty"`
	// Verdict says why there are none; empty where there are. Of a join of near keys it says why the parent's element has no
	// match, or why it has one where it must have none.
	Verdict Verdict `json:"verdict,omitempty"`
	// Near says more where the join has a reach, match keys, a take or a need: the lookup is then what one element of the
	// parent finds, and counts its candidates. It is nil elsewhere.
	Near *NearLookup `json:"near,omitempty"`
}

// A NearLookup is what a stream has around the key of one element of its parent, in a join of near keys.
type NearLookup struct {
	// From and To are the ends of the reach, both included; nil where it has no end.
	From *expression.Key `json:"from,omitempty"`
	To   *expression.Key `json:"to,omitempty"`
	// MatchKeys are the values that the match keys must have, as text.
	MatchKeys []string `json:"match_keys,omitempty"`
	// InReach counts the elements within reach, whatever their match keys. Of a reach without an end, only those near it.
	InReach int `json:"in_reach"`
	// Taken are the matches.
	Taken []*FoundElement `json:"taken"`
	// BelowBy and AboveBy are how far Below and Above are from the key, as text: "27ms", "0.5".
	BelowBy string `json:"below_by,omitempty"`
	AboveBy string `json:"above_by,omitempty"`
	// AlikeBelow and AlikeAbove are the nearest elements with the match keys, where none of those is within reach.
	AlikeBelow *FoundElement `json:"alike_below,omitempty"`
	AlikeAbove *FoundElement `json:"alike_above,omitempty"`
}

// A FoundElement is an element and where it lies.
type FoundElement struct {
	Key expression.Key `json:"key"`
	// Offset is the element's in its partition, and in a file how many elements lie before it; nil where these weren't
	// read.
	Offset *int64 `json:"offset,omitempty"`
	// At holds the values that the element is found by where offsets don't last: those that a table's rows are ordered by;
	// empty elsewhere.
	At string `json:"at,omitempty"`
	// Byte is how many bytes of the file lie before the element, where it wasn't read from its beginning; zero elsewhere.
	Byte int64 `json:"byte,omitempty"`
	// Line and Column are its location in a file, from one; zero in a topic, and far from the beginning of a file that
	// wasn't read from there.
	Line    int             `json:"line,omitempty"`
	Column  int             `json:"column,omitempty"`
	Element json.RawMessage `json:"element"`
}

// Explain looks a key up in every stream of the join tree, and says what each has around it, where the chain breaks,
// and whether the master element is handed over. Topics, files and tables are bisected, as keys grow along
// them; a file that is compressed is read up to the key. It joins no group and writes nothing. An [*ArgumentError] says
// that there can't be such a key.
func (p *Pipeline) Explain(ctx context.Context, options Options, about About) (*Explanation, error) {
	m, err := p.ownMill()
	if err != nil {
		return nil, err
	}
	found, err := lookup.Explain(ctx, m, options.Logger, about.Stream, about.Key, about.Element)
	if err != nil {
		return nil, err
	}
	e := newExplanation(found)
	if len(found.Broken) == 0 {
		return e, nil
	}
	report, err := p.Check(ctx, options)
	if err != nil {
		return nil, err
	}
	for _, finding := range report.Findings {
		ofLeft := finding.Mistake == MistakeOrder || finding.Mistake == MistakeKinds // what stops a run in the left stream
		isBroken := found.Broken[finding.Right] || ofLeft && found.Broken[finding.Left]
		if diagnosis.Mistake(finding.Mistake).IsSystematic() && isBroken {
			e.Findings = append(e.Findings, finding)
		}
	}
	return e, nil
}

func newExplanation(found *lookup.Explanation) *Explanation {
	e := &Explanation{Stream: found.Stream, By: found.By, Key: found.Key, Element: found.Element, Findings: []Finding{}}
	for _, p := range found.Partitions {
		partition := PartitionExplanation{
			Partition: p.Number, Lookups: []Lookup{}, Sentences: p.Sentences, Masters: p.Masters, HandedOver: p.HandedOver,
			Joined: p.Joined,
		}
		for _, r := range p.Lookups {
			partition.Lookups = append(partition.Lookups, newLookup(&r))
		}
		if r := p.Cause; r != nil {
			partition.Cause = &Cause{r.Stream, r.Verdict, r.Key, r.Text}
		}
		e.Partitions = append(e.Partitions, partition)
	}
	return e
}

func newLookup(r *lookup.Result) Lookup {
	return Lookup{
		Stream: r.Stream, Key: r.Key, Count: r.Count, Complete: r.Complete,
		First: newFoundElement(r.First), Last: newFoundElement(r.Last),
		Below: newFoundElement(r.Below), Above: newFoundElement(r.Above),
		Verdict: r.Verdict, Near: newNearLookup(r.Near),
	}
}

func newNearLookup(n *lookup.Near) *NearLookup {
	if n == nil {
		return nil
	}
	near := &NearLookup{
		From: n.Low, To: n.High, MatchKeys: n.Match, InReach: n.InReach, Taken: []*FoundElement{}, BelowBy: n.BelowBy,
		AboveBy: n.AboveBy, AlikeBelow: newFoundElement(n.AlikeBelow), AlikeAbove: newFoundElement(n.AlikeAbove),
	}
	for _, taken := range n.Taken {
		near.Taken = append(near.Taken, newFoundElement(taken))
	}
	return near
}

func newFoundElement(e *lookup.Element) *FoundElement {
	if e == nil {
		return nil
	}
	found := &FoundElement{Key: e.Key, At: e.At.At, Byte: e.At.Byte, Line: e.At.Line, Column: e.At.Column, Element: e.Text}
	if e.At.Offset >= 0 {
		found.Offset = &e.At.Offset
	}
	return found
}

// String returns the explanation as text, in several lines.
func (e *Explanation) String() string {
	var text strings.Builder
	for i, partition := range e.Partitions {
		if len(e.Partitions) > 1 || partition.Partition > 0 {
			fmt.Fprintf(&text, "partition %d:\n", partition.Partition)
		}
		for _, sentence := range partition.Sentences {
			fmt.Fprintln(&text, sentence)
		}
		if i < len(e.Partitions)-1 {
			fmt.Fprintln(&text)
		}
	}
	if len(e.Findings) > 0 {
		fmt.Fprintln(&text)
	}
	for _, finding := range e.Findings {
		fmt.Fprintln(&text, finding)
	}
	return text.String()
}

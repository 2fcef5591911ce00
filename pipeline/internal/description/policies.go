package description

import (
	"slices"
	"strconv"
	"time"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/suggest"
)

// Handling is what a pipeline file says of what becomes of results, of what isn't handed over and of what fails, and how
// calls and commits are made.
type Handling struct {
	// Where is the condition of the results that are written; nil where all are.
	Where *Text
	// Unmatched and DeadLetter name the streams of what is not handed over and of what a policy puts aside; their values are
	// empty where there are none.
	Unmatched, DeadLetter Text
	OnDisorder            Policy
	OnUndecodable         Policy
	OnError               Policy
	// Concurrency is how many calls of a partition may run at a time; zero where the file doesn't say.
	Concurrency int
	// Commit is nil where storages decide how often they commit.
	Commit *Commit
}

// A Policy is what a file says of one kind of failures. The zero Policy stops the run.
type Policy struct {
	Kind engine.PolicyKind
	// Name is the name of the member, and Text its value; both are empty where there is none.
	Name, Text Text
}

// Commit says when there is enough to commit: whichever comes first. What is zero is left to the storage.
type Commit struct {
	Name    Text
	Every   time.Duration
	Results int
}

// handlingMembers are the members of a pipeline file that handling reads.
var handlingMembers = []string{
	"where", "unmatched", "on_disorder", "on_undecodable", "on_error", "dead_letter", "concurrency", "commit",
}

// handling reads these members.
func (s *source) handling(h *Handling, top *mapping) (err error) {
	for i := range top.members {
		m := &top.members[i]
		switch m.name.Value {
		case "where":
			h.Where, err = s.condition(m, "a pipeline file")
		case "unmatched":
			h.Unmatched, err = s.text(m.value, "unmatched")
		case "dead_letter":
			h.DeadLetter, err = s.text(m.value, "dead_letter")
		case "on_disorder":
			h.OnDisorder, err = s.policy(m)
		case "on_undecodable":
			h.OnUndecodable, err = s.policy(m)
		case "on_error":
			h.OnError, err = s.policy(m)
		case "concurrency":
			h.Concurrency, err = s.count(m)
		case "commit":
			h.Commit, err = s.commit(m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// policy reads a policy.
func (s *source) policy(m *member) (p Policy, err error) {
	const forms = "fail (as if left out), skip or dead_letter"
	text, err := s.text(m.value, m.name.Value)
	if err != nil {
		return p, s.errorAt(s.locationOf(m.value), "%s must be %s, but this is %s", m.name.Value, forms, kindOf(m.value))
	}
	kinds := map[string]engine.PolicyKind{"fail": engine.Fail, "skip": engine.Skip, "dead_letter": engine.DeadLetter}
	kind, ok := kinds[text.Value]
	switch {
	case ok:
		return Policy{kind, m.name, text}, nil
	case text.Value == "retry":
		return p, text.Errorf("to try again can't help: what a pipeline file computes would be the same again; %s must be %s",
			m.name.Value, forms)
	}
	return p, text.Errorf("%s must be %s, and is %q%s", m.name.Value, forms, text.Value,
		suggest.Name(text.Value, []string{"fail", "skip", "dead_letter"}))
}

// count reads a whole number above zero.
func (s *source) count(m *member) (int, error) {
	t, err := s.text(m.value, m.name.Value)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(t.Value)
	if err != nil || n <= 0 {
		return 0, t.Errorf("%s must be a whole number above zero, and is %q", m.name.Value, t.Value)
	}
	return n, nil
}

// commit reads when there is enough to commit.
func (s *source) commit(m *member) (*Commit, error) {
	held, err := s.mapping(m.value, "commit", "every", "results")
	if err != nil {
		return nil, err
	}
	c := &Commit{Name: m.name}
	for i := range held.members {
		switch part := &held.members[i]; part.name.Value {
		case "every":
			c.Every, err = s.duration(part.value, "every")
		case "results":
			c.Results, err = s.count(part)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(held.members) == 0 {
		return nil, s.errorAt(held.at, "commit must say when there is enough to commit: {every: 1s}, {results: 1000}, or both")
	}
	return c, nil
}

// topMembers are the members that a pipeline file may have.
func (s *source) topMembers() []string {
	return slices.Concat([]string{"name", "streams", "master", "join", "window", "output", "emit", "kafka"}, handlingMembers,
		s.storages)
}

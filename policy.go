package leat

import (
	"time"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
)

// A Policy says what becomes of an element that is out of order or can't be decoded, or of a call whose function
// returns an error or panics: [Fail], [Skip], [Retry] or [DeadLetter]. It must not be nil.
type Policy interface {
	policy() engine.Policy
}

type simplePolicy engine.PolicyKind

func (p simplePolicy) policy() engine.Policy { return engine.Policy{Kind: engine.PolicyKind(p)} }

const (
	// Fail stops the run with an error; positions are those before the element. It is the default.
	Fail = simplePolicy(engine.Fail)
	// Skip drops the element, or the results of the call, counts it and logs it as a warning.
	Skip = simplePolicy(engine.Skip)
	// DeadLetter writes the element, with the error and its position, to the sink's stream for [Letter].
	DeadLetter = simplePolicy(engine.DeadLetter)
)

type retryPolicy struct {
	attempts int
	backoff  time.Duration
}

func (p retryPolicy) policy() engine.Policy {
	return engine.Policy{Kind: engine.Retry, Attempts: p.attempts, Backoff: p.backoff}
}

// Retry calls the function again, up to attempts times, after a pause that is backoff at first and doubles with each
// attempt; when the last one fails, too, the run stops with its error. It is a policy for [OnError] only: a record that
// can't be decoded or is out of order would be the same again.
func Retry(attempts int, backoff time.Duration) Policy {
	return retryPolicy{attempts, backoff}
}

// OnDisorder sets what becomes of an element with a key that decreases, is NaN or can't be computed.
func OnDisorder(policy Policy) Option {
	return declaration.Once("leat.OnDisorder", func(m *declaration.Mill, o *declaration.Option) {
		setRecordPolicy(m, o, policy, &m.OnDisorder)
	})
}

// OnDecodeError sets what becomes of a record that can't be decoded. Where its codec lacks something that didn't
// answer, such as a schema registry (codec.ErrUnavailable), the run stops whatever the policy is: the record may be
// good.
func OnDecodeError(policy Policy) Option {
	return declaration.Once("leat.OnDecodeError", func(m *declaration.Mill, o *declaration.Option) {
		setRecordPolicy(m, o, policy, &m.OnDecode)
	})
}

// OnError sets what becomes of a call whose function returns an error other than [EndOfStream], or panics. One that
// ends its goroutine by runtime.Goexit, as t.FailNow does in a test, stops the run whatever the policy is: there is
// nobody left to go on.
func OnError(policy Policy) Option {
	return declaration.Once("leat.OnError", func(m *declaration.Mill, o *declaration.Option) {
		switch policy := policy.(type) {
		case nil:
			m.Mistakes.Add("%s: the policy is nil; take leat.Fail, leat.Skip, leat.Retry or leat.DeadLetter", o)
			return
		case retryPolicy:
			if policy.attempts < 1 {
				m.Mistakes.Add("%s: leat.Retry with %d attempts never tries again; give at least 1, or leat.Fail",
					o, policy.attempts)
			}
			if policy.backoff < 0 {
				m.Mistakes.Add("%s: leat.Retry with a pause of %v; give zero or more", o, policy.backoff)
			}
		}
		m.SetPolicy(o, policy.policy(), &m.OnError)
	})
}

// setRecordPolicy sets a policy for records, which can't be to try again.
func setRecordPolicy(m *declaration.Mill, o *declaration.Option, policy Policy, of *engine.Policy) {
	switch policy.(type) {
	case nil:
		m.Mistakes.Add("%s: the policy is nil; take leat.Fail, leat.Skip or leat.DeadLetter", o)
	case retryPolicy:
		m.Mistakes.Add("%s: leat.Retry can't help, the record would be the same again; "+
			"take leat.Fail, leat.Skip or leat.DeadLetter", o)
	default:
		m.SetPolicy(o, policy.policy(), of)
	}
}

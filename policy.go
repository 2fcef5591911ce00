package leat

import (
	"time"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
)

// A Policy decides what happens to an element that is out of order or can't be decoded, and to a call that fails:
// [Fail], [Skip], [Retry] or [DeadLetter]. It must not be nil.
type Policy interface {
	policy() engine.Policy
}

type simplePolicy engine.PolicyKind

func (p simplePolicy) policy() engine.Policy { return engine.Policy{Kind: engine.PolicyKind(p)} }

const (
	// Fail stops the run with an error. The positions are those before the element. It is the default.
	Fail = simplePolicy(engine.Fail)
	// Skip drops the element, or the results of the call, counts it and logs it as a warning.
	Skip = simplePolicy(engine.Skip)
	// DeadLetter writes a [Letter] to the sink's stream for letters: the element, the error and the position.
	DeadLetter = simplePolicy(engine.DeadLetter)
)

type retryPolicy struct {
	attempts int
	backoff  time.Duration
}

func (p retryPolicy) policy() engine.Policy {
	return engine.Policy{Kind: engine.Retry, Attempts: p.attempts, Backoff: p.backoff}
}

// Retry calls the function again, up to attempts times. The pause before the first attempt is backoff; it doubles with
// each one. Where the last attempt fails, too, the run stops with its error. Retry is a policy for [OnError] only: a
// record that can't be decoded or is out of order would be the same again.
func Retry(attempts int, backoff time.Duration) Policy {
	return retryPolicy{attempts, backoff}
}

// OnDisorder sets the policy for an element with a key that decreases, is NaN or can't be computed, and for a second
// element with a key of a [Unique] join. Without the option it is [Fail].
func OnDisorder(policy Policy) Option {
	return declaration.Once("leat.OnDisorder", func(m *declaration.Mill, o *declaration.Option) {
		setRecordPolicy(m, o, policy, &m.OnDisorder)
	})
}

// OnDecodeError sets the policy for a record that can't be decoded. Without the option it is [Fail]. The run stops
// under every policy where the codec needs something that doesn't answer, such as a schema registry
// (codec.ErrUnavailable), since the record may be good.
func OnDecodeError(policy Policy) Option {
	return declaration.Once("leat.OnDecodeError", func(m *declaration.Mill, o *declaration.Option) {
		setRecordPolicy(m, o, policy, &m.OnDecode)
	})
}

// OnError sets the policy for a call whose function panics, or returns an error other than [EndOfStream]. Without the
// option it is [Fail]. The run stops under every policy where the function ends its goroutine by runtime.Goexit, as
// t.FailNow does in a test.
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

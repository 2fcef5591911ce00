package leat

import (
	"time"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// A Policy says what becomes of an element that is out of order or can't be decoded, or of a call whose function returns
// an error or panics: [Fail], [Skip], [Retry] or [DeadLetter]. It must not be nil.
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
	return recordPolicy("OnDisorder", mistake.Caller(0), policy, func(c *config) { c.onDisorder = policy })
}

// OnDecodeError sets what becomes of a record that can't be decoded.
func OnDecodeError(policy Policy) Option {
	return recordPolicy("OnDecodeError", mistake.Caller(0), policy, func(c *config) { c.onDecode = policy })
}

// OnError sets what becomes of a call whose function returns an error other than [EndOfStream], or panics. One that ends its
// goroutine by runtime.Goexit, as t.FailNow does in a test, stops the run whatever the policy is: there is nobody left to go on.
func OnError(policy Policy) Option {
	return &option{name: "OnError", at: mistake.Caller(0), set: func(c *config, o *option) {
		if policy == nil {
			c.mistakes.Add("%s: the policy is nil; take leat.Fail, leat.Skip, leat.Retry or leat.DeadLetter", o)
			return
		}
		if retry, ok := policy.(retryPolicy); ok {
			checkRetry(c, o, retry)
		}
		c.onError = policy
		c.addPolicy(o, policy)
	}}
}

func checkRetry(c *config, o *option, retry retryPolicy) {
	if retry.attempts < 1 {
		c.mistakes.Add("%s: leat.Retry with %d attempts never tries again; give at least 1, or leat.Fail", o, retry.attempts)
	}
	if retry.backoff < 0 {
		c.mistakes.Add("%s: leat.Retry with a pause of %v; give zero or more", o, retry.backoff)
	}
}

func (c *config) addPolicy(o *option, policy Policy) {
	if policy == DeadLetter {
		c.deadLetters = append(c.deadLetters, o)
	}
}

func recordPolicy(name string, at mistake.Place, policy Policy, set func(*config)) Option {
	return &option{name: name, at: at, set: func(c *config, o *option) {
		switch policy.(type) {
		case nil:
			c.mistakes.Add("%s: the policy is nil; take leat.Fail, leat.Skip or leat.DeadLetter", o)
		case retryPolicy:
			c.mistakes.Add("%s: leat.Retry can't help, the record would be the same again; "+
				"take leat.Fail, leat.Skip or leat.DeadLetter", o)
		default:
			set(c)
			c.addPolicy(o, policy)
		}
	}}
}

package expression

import (
	"fmt"

	"github.com/leat-go/leat/internal/intern"
)

// Pair returns the two key functions of an edge as PairOf does, after CheckPair.
func Pair(left, right *Program) (leftKey, rightKey func(element any) (Key, error), err error) {
	if err := CheckPair(left, right); err != nil {
		return nil, nil, err
	}
	leftKey, rightKey = PairOf(left, right)
	return leftKey, rightKey, nil
}

// CheckPair returns an error if keys of the two programs can't be compared: if their kinds are known and differ
// ("left is a number, right is text"), or have no order.
func CheckPair(left, right *Program) error {
	for _, side := range []*Program{left, right} {
		if side.kind == Other || side.kind == Null {
			return fmt.Errorf("%s is %s, which has %w", side, side.kind, ErrNoOrder)
		}
	}
	if left.kind != right.kind && left.kind != Unknown && right.kind != Unknown {
		return fmt.Errorf("keys must be of one kind, but left is %s (%s) and right is %s (%s)", left.kind, left,
			right.kind, right)
	}
	return nil
}

// PairOf returns the two key functions of an edge, made from clones of the programs: for one task. They return an error
// for a key whose kind differs from that of the keys before.
func PairOf(left, right *Program) (leftKey, rightKey func(element any) (Key, error)) {
	var kind keyKind
	return kind.key(left.Clone()), kind.key(right.Clone())
}

// MatchPairOf returns the two functions of a match key as PairOf does. Their values are zero where a key is null.
func MatchPairOf(left, right *Program) (leftKey, rightKey func(element any) (MatchValue, error)) {
	var kind keyKind
	var texts intern.Texts
	return kind.matchValue(left.Clone(), &texts), kind.matchValue(right.Clone(), &texts)
}

// Single returns a key function made from a clone of the program, for one task. It returns an error for a key whose
// kind differs from that of the keys before.
func Single(p *Program) func(element any) (Key, error) {
	return new(keyKind).key(p.Clone())
}

// keyKind is the kind that the keys of an edge have, and the expression that said so first.
type keyKind struct {
	kind Kind
	by   *Program
}

func (a *keyKind) key(p *Program) func(element any) (Key, error) {
	return func(element any) (Key, error) {
		if key, ok := a.short(p, element); ok {
			return key, nil
		}
		key, err := p.Key(element)
		if err != nil {
			return Key{}, err
		}
		if a.kind != key.Kind() && !key.IsNull() {
			if a.kind != Unknown {
				return Key{}, fmt.Errorf("%s is %s here, but %s was %s before", p, key.Kind(), a.by, a.kind)
			}
			a.kind, a.by = key.Kind(), p
		}
		return key, nil
	}
}

// short returns the key of a program where it is of the kind of those before, and there is a short way to it.
func (a *keyKind) short(p *Program, element any) (key Key, ok bool) {
	if a.kind != Number || p.raw || p.short.whole == nil {
		return key, false
	}
	n, ok := p.short.whole(element)
	return wholeKey(n), ok
}

// matchValue is key for a match key, whose values == compares. It is the zero MatchValue where the key is null.
func (a *keyKind) matchValue(p *Program, texts *intern.Texts) func(element any) (MatchValue, error) {
	keyOf := a.key(p)
	return func(element any) (MatchValue, error) {
		if a.kind == Text && !p.raw && p.short.raw != nil {
			if raw, ok := p.short.raw(element); ok && len(raw) > 0 && raw[0] == '"' {
				if text, ok := plainText(raw); ok {
					return MatchValue{kind: Text, text: texts.Of(text)}, nil
				}
			}
		}
		key, err := keyOf(element)
		if err != nil || key.IsNull() {
			return MatchValue{}, err
		}
		return key.MatchValue(), nil
	}
}

package expression

import "fmt"

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
		key, err := p.Key(element)
		if err != nil {
			return Key{}, err
		}
		if a.kind != key.v.kind && !key.IsNull() {
			if a.kind != Unknown {
				return Key{}, fmt.Errorf("%s is %s here, but %s was %s before", p, key.v.kind, a.by, a.kind)
			}
			a.kind, a.by = key.v.kind, p
		}
		return key, nil
	}
}

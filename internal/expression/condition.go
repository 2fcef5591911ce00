package expression

import "fmt"

// CheckCondition returns an error where the program can't be a condition, as far as its kind is known.
func (p *Program) CheckCondition() error {
	if p.kind == Unknown || p.kind == Bool {
		return nil
	}
	return fmt.Errorf("%s is %s, and must be true or false", p, p.kind)
}

// Holds evaluates a condition. Null is not true, and neither is what can't be computed because what it is computed from
// is null. It is an error if the value is something else than true, false or null.
func (p *Program) Holds(env any) (bool, error) {
	v, err := p.run(env)
	switch {
	case err != nil && isNull(err), err == nil && v.kind == Null:
		return false, nil
	case err != nil:
		return false, p.failed(err)
	case v.kind != Bool:
		return false, p.failed(fmt.Errorf("it is %s, and must be true or false", v.describe()))
	}
	return v.n == 1, nil
}

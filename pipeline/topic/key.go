package topic

import (
	"fmt"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// A Key is an expression over the members of an object that makes a record's key: robot_id, or floor(time_ms / 1000).
// It is safe for concurrent use.
type Key struct{ member *object.MemberKey }

// CompileKey compiles an expression, with the same functions and exact numbers as in pipeline files. A member goes by
// its name, as far as that is a name in expressions.
func CompileKey(text string) (*Key, error) {
	member, err := object.CompileMemberKey(text)
	if err != nil {
		return nil, err
	}
	return &Key{member}, nil
}

// keyer returns a function that checks that a record is a JSON object, and computes its key: in a format where one is given,
// or else the bytes of a string, and the JSON of everything else. A nil Key gives no keys.
func (k *Key) keyer(format func([]byte) ([]byte, error)) func(element []byte) ([]byte, error) {
	if k == nil {
		var none rawjson.Paths
		return func(raw []byte) ([]byte, error) {
			_, err := none.Find(raw, nil)
			return nil, err
		}
	}
	key, picker := expression.Single(k.member.Program), k.member.Picker()
	return func(raw []byte) ([]byte, error) {
		env, err := picker.Pick(raw)
		if err != nil {
			return nil, err
		}
		if format != nil {
			raw, err := k.member.Program.AppendJSON(nil, env)
			switch {
			case err != nil:
				return nil, fmt.Errorf("the key can't be computed: %w", err)
			case string(raw) == "null":
				return nil, nil
			}
			return format(raw)
		}
		value, err := key(env)
		if err != nil {
			return nil, fmt.Errorf("the key can't be computed: %w", err)
		}
		return value.Bytes()
	}
}

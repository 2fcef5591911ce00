package codec

import (
	stdjson "encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"reflect"
	"time"
)

// The types that JSON is compared with encoding/json on. Their members' names overlap, so that one record says
// something to several of them.

type location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

type scalars struct {
	B   bool
	I   int     `json:"i"`
	I8  int8    `json:"i8"`
	I16 int16   `json:"x"`
	I32 int32   `json:"y"`
	I64 int64   `json:"time"`
	U   uint    `json:"u"`
	U8  uint8   `json:"u8"`
	U64 uint64  `json:"n"`
	F   float64 `json:"f"`
	S   string  `json:"s"`
}

type pointers struct {
	B *bool     `json:"b"`
	I *int      `json:"i"`
	F **float64 `json:"f"`
	S *string   `json:"s,omitempty"`
	L *[]int    `json:"l"`
	P *location `json:"p"`
	A *any      `json:"any"`
}

type containers struct {
	L   []int               `json:"l"`
	A   [2]int              `json:"a"`
	M   map[string]int      `json:"m"`
	N   map[int8]string     `json:"n"`
	Any any                 `json:"any"`
	P   []location          `json:"p"`
	Q   []*location         `json:"q"`
	S   map[string][]string `json:"s"`
	X   [][]float64         `json:"x"`
	O   map[string]any      `json:"o,omitempty"`
	Y   struct {
		X int
		Y struct{ Z string }
	} `json:"y"`
}

type special struct {
	Raw  stdjson.RawMessage        `json:"raw"`
	Num  stdjson.Number            `json:"n"`
	Time time.Time                 `json:"time"`
	PT   *time.Time                `json:"p,omitempty"`
	Byt  []byte                    `json:"s"`
	LT   []time.Time               `json:"l"`
	Raws []stdjson.RawMessage      `json:"x"`
	Nums map[string]stdjson.Number `json:"m"`
	Dur  time.Duration             `json:"i"`
	Zero time.Time                 `json:"zero,omitzero"`
}

type plain struct {
	S    string      `json:"s,omitempty"`
	B    []byte      `json:"b,omitempty"`
	F    float64     `json:"f,omitempty"`
	N    float64     `json:"n,omitzero"`
	I    int8        `json:"i,string"`
	Time time.Time   `json:"time"`
	Zero time.Time   `json:"zero,omitzero"`
	P    *time.Time  `json:"p,omitempty"`
	L    []time.Time `json:"l"`
	M    struct{}    `json:"m,omitempty"`
	A    [0]int      `json:"a,omitempty"`
	Y    *uint8      `json:"y,omitzero"`
	Deeper
}

type nothing struct {
	S string     `json:"s,omitempty"`
	Q *time.Time `json:"q,omitzero"`
}

type options struct {
	I int     `json:"i,string"`
	F float64 `json:"f,string,omitempty"`
	B bool    `json:"b,string"`
	S string  `json:"s,string"`
	U *uint8  `json:"u,string"`
	//lint:ignore SA5008 encoding/json takes no heed of it
	L  []int          `json:"l,string,omitempty"`
	M  map[string]int `json:"m,omitempty"`
	N  int            `json:"n,omitempty"`
	No int            `json:"-"`
	//lint:ignore SA5008 it is how encoding/json names a member "-"
	Min int `json:"-,"`
	Odd int `json:"<a&b>"`
	//lint:ignore SA5008 encoding/json takes the field's own name
	Bad    int `json:"x\"y"`
	hidden int //lint:ignore U1000 it must not be decoded
	Étude  int
}

type text struct{ s string }

func (t *text) UnmarshalText(b []byte) error {
	if len(b) > 8 {
		return fmt.Errorf("text of %d bytes", len(b))
	}
	t.s = "<" + string(b) + ">"
	return nil
}

func (t text) MarshalText() ([]byte, error) { return []byte(t.s), nil }

type raw struct{ s string }

func (r *raw) UnmarshalJSON(b []byte) error { r.s = string(b); return nil }

func (r *raw) MarshalJSON() ([]byte, error) {
	if r == nil || r.s == "" {
		return []byte("null"), nil
	}
	return []byte(r.s), nil
}

type id string

func (i *id) UnmarshalText(b []byte) error { *i = id("id:" + string(b)); return nil }

type methods struct {
	T  text           `json:"s"`
	PT *text          `json:"p"`
	R  raw            `json:"raw"`
	PR *raw           `json:"any"`
	L  []raw          `json:"l"`
	M  map[string]raw `json:"m"`
	K  map[id]int     `json:"n"`
	A  netip.Addr     `json:"a"`
	B  *big.Int       `json:"i"`
	X  [1]text        `json:"x"`
	Y  []id           `json:"y"`
	Q  id             `json:"q,string"`
}

type base struct {
	X int `json:"x"`
	N int
}

type Deeper struct {
	Y int `json:"y"`
	I int `json:"i"`
}

type second struct {
	Deeper
	N int
	S string
}

type embeds struct {
	base
	second
	Deeper `json:"p"`
	Time   int `json:"time"`
}

type embedsPointer struct {
	*Deeper
	*base
	S string `json:"s"`
}

type folds struct {
	A int `json:"x"`
	B int `json:"X"`
	Deeper
	Ab int `json:"Y"`
	S  string
	K  string `json:"time"`
}

type narrow struct {
	F float32   `json:"f"`
	X []float32 `json:"x"`
	N float32   `json:"n,string"`
}

type tree struct {
	I int              `json:"i"`
	L []tree           `json:"l"`
	P *tree            `json:"p"`
	M map[string]*tree `json:"m"`
}

// subjects are all those types.
func subjects() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[location](), reflect.TypeFor[scalars](), reflect.TypeFor[pointers](), reflect.TypeFor[containers](),
		reflect.TypeFor[special](), reflect.TypeFor[plain](), reflect.TypeFor[nothing](), reflect.TypeFor[options](),
		reflect.TypeFor[methods](), reflect.TypeFor[embeds](),
		reflect.TypeFor[embedsPointer](), reflect.TypeFor[folds](), reflect.TypeFor[narrow](), reflect.TypeFor[tree](),
		reflect.TypeFor[any](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]location](), reflect.TypeFor[string](),
		reflect.TypeFor[map[string]location](), reflect.TypeFor[int64](), reflect.TypeFor[stdjson.RawMessage](),
	}
}

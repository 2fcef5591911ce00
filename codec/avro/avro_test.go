package avro_test

import (
	"errors"
	"math"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	avrolib "github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
)

type Pose struct {
	X, Y float64
}

type Base struct {
	Robot string `json:"robot"`
	Hull  string `json:"-"`
}

// Everything has a field of each kind that a schema can be derived for.
type Everything struct {
	Base
	Yes      bool             `json:"yes"`
	Small    int8             `json:"small"`
	Middle   uint16           `json:"middle"`
	Int      int              `json:"int,omitempty"`
	Big      uint32           `json:"big"`
	Single   float32          `json:"single"`
	Double   float64          `json:"double"`
	Text     string           `json:"text"`
	Bytes    []byte           `json:"bytes"`
	Fixed    [4]byte          `json:"fixed"`
	Maybe    *int64           `json:"maybe"`
	Pose     Pose             `json:"pose"`
	Last     *Pose            `json:"last"`
	Poses    []Pose           `json:"poses"`
	Names    map[string]int64 `json:"names"`
	Matrix   [][]float64      `json:"matrix"`
	Pair     [2]int64         `json:"pair"`
	Seen     time.Time        `json:"seen"`
	Born     time.Time        `avro:"born,date"`
	Address  netip.Addr       `json:"address"`
	Children []Everything     `json:"children"`
	Next     *Everything      `json:"next"`
	Default  string           `avro:"default,default=a, b"`
	Hidden   chan int         `avro:"-" json:"-"`
}

func everything(t *rapid.T, depth int) Everything {
	pose := func() Pose { return Pose{rapid.Float64().Draw(t, "x"), rapid.Float64().Draw(t, "y")} }
	e := Everything{
		Base:    Base{Robot: rapid.String().Draw(t, "robot")},
		Yes:     rapid.Bool().Draw(t, "yes"),
		Small:   rapid.Int8().Draw(t, "small"),
		Middle:  rapid.Uint16().Draw(t, "middle"),
		Int:     rapid.Int().Draw(t, "int"),
		Big:     rapid.Uint32().Draw(t, "big"),
		Single:  rapid.Float32().Draw(t, "single"),
		Double:  rapid.Float64().Draw(t, "double"),
		Text:    rapid.String().Draw(t, "text"),
		Bytes:   rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"),
		Maybe:   rapid.Ptr(rapid.Int64(), true).Draw(t, "maybe"),
		Pose:    pose(),
		Names:   rapid.MapOf(rapid.String(), rapid.Int64()).Draw(t, "names"),
		Matrix:  rapid.SliceOfN(rapid.SliceOfN(rapid.Float64(), 0, 3), 0, 3).Draw(t, "matrix"),
		Pair:    [2]int64{rapid.Int64().Draw(t, "0"), rapid.Int64().Draw(t, "1")},
		Seen:    time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "seen")).UTC(),
		Born:    time.Unix(86400*rapid.Int64Range(-20000, 20000).Draw(t, "born"), 0).UTC(),
		Address: netip.AddrFrom4([4]byte{10, 0, 0, rapid.Byte().Draw(t, "address")}),
		Default: rapid.String().Draw(t, "default"),
	}
	copy(e.Fixed[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "fixed"))
	if depth > 0 {
		last, next := pose(), everything(t, depth-1)
		e.Poses = []Pose{pose(), pose()}
		e.Last, e.Next, e.Children = &last, &next, []Everything{everything(t, depth-1)}
	}
	return e
}

// What a codec has encoded it decodes to the same element, with a registry and without; nil and empty lists are one.
func TestAvroRoundTrips(t *testing.T) {
	s := codectest.Serve(t)
	equal := cmp.Options{
		cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
		cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Transformer("empty", func(b []byte) string { return string(b) }),
	}
	for name, c := range map[string]codec.Codec{
		"bare":     avro.Codec(),
		"registry": avro.Codec(avro.Registry(s.Client(t)), avro.Subject("everything-value")),
	} {
		t.Run(name, func(t *testing.T) {
			decode, err := c.Decoder(reflect.TypeFor[Everything]())
			if err != nil {
				t.Fatal(err)
			}
			encode, err := c.Encoder(reflect.TypeFor[Everything]())
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				e := everything(t, 1)
				data, err := encode([]byte("before"), &e)
				if err != nil || string(data[:6]) != "before" {
					t.Fatal(err)
				}
				var back Everything
				if err := decode(data[6:], &back); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(e, back, append(equal, equalEmpty())...); diff != "" {
					t.Fatal(diff)
				}
				for _, cut := range []int{0, len(data) - 7, (len(data) - 6) / 2} {
					var part Everything
					if err := decode(data[6:6+cut], &part); err == nil {
						t.Fatalf("the first %d of %d bytes are decoded without an error", cut, len(data)-6)
					}
				}
			})
		})
	}
}

// equalEmpty takes nil lists and maps for empty ones, which Avro doesn't distinguish.
func equalEmpty() cmp.Option {
	empty := func(v reflect.Value) bool {
		return (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
	}
	return cmp.FilterValues(func(a, b any) bool {
		va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
		return va.IsValid() && vb.IsValid() && empty(va) && empty(vb)
	}, cmp.Ignore())
}

// The form is Avro's own, as any other implementation writes it.
func TestAvroForm(t *testing.T) {
	data := codectest.Encode(t, avro.Codec(avro.Schema(codectest.LocationSchema)), Location{Time: 10, X: 1, Y: -2})
	want := []byte{20, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}
	if string(data) != string(want) {
		t.Errorf("%x, want %x", data, want)
	}
	s := codectest.Serve(t)
	data = codectest.Encode(t, avro.Codec(avro.Registry(s.Client(t)), avro.Subject("locations-value")),
		Location{Time: 10, X: 1, Y: -2})
	if string(data) != string(append([]byte{0, 0, 0, 0, 1}, want...)) {
		t.Errorf("%x, want %x behind a header", data, want)
	}
	registered, _ := s.GetSchema("locations-value", 1)
	if !sameSchema(t, registered.Schema.Schema, codectest.LocationSchema) {
		t.Errorf("registered %s", registered.Schema.Schema)
	}
}

func sameSchema(t *testing.T, a, b string) bool {
	t.Helper()
	return string(avrolib.MustParse(a).Canonical()) == string(avrolib.MustParse(b).Canonical())
}

func write(t *testing.T, schema string, value map[string]any) []byte {
	t.Helper()
	data, err := avrolib.MustParse(schema).Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type Reading struct {
	Time  int64    `json:"time"`
	Value float64  `json:"value"`
	Unit  *string  `json:"unit"`
	Note  string   `avro:"note,default=none"`
	Place string   `avro:"place,alias=room,default=?"`
	Tags  []string `avro:"tags"`
}

// A writer's schema is older or newer than the struct.
func TestAvroEvolution(t *testing.T) {
	celsius := "°C"
	for name, c := range map[string]struct {
		writer string
		value  map[string]any
		reader string
		want   Reading
		fails  string
	}{
		"other order, further fields, smaller numbers": {
			writer: `{"type":"record","name":"some.other.Name","fields":[
				{"name":"deep","type":{"type":"array","items":{"type":"record","name":"D","fields":[{"name":"s",
					"type":"string"}]}}},
				{"name":"tags","type":{"type":"array","items":"string"}},
				{"name":"unit","type":["null","string"]},
				{"name":"value","type":"int"},
				{"name":"Extra","type":{"type":"map","values":"D"}},
				{"name":"time","type":"int"}]}`,
			value: map[string]any{"deep": []any{map[string]any{"s": "skipped"}}, "tags": []any{"a", "b"}, "unit": "°C",
				"value": 3,
				"Extra": map[string]any{}, "time": 10},
			want: Reading{Time: 10, Value: 3, Unit: &celsius, Note: "none", Place: "?", Tags: []string{"a", "b"}},
		},
		"older writer: a pointer, a default and a former name": {
			writer: `{"type":"record","name":"Reading","fields":[{"name":"time","type":"long"},{"name":"value","type":"float"},
				{"name":"room","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}}]}`,
			value: map[string]any{"time": int64(1) << 40, "value": float32(0.5), "room": "attic", "tags": []any{}},
			want:  Reading{Time: 1 << 40, Value: 0.5, Note: "none", Place: "attic", Tags: []string{}},
		},
		"nulls where the struct has none": {
			writer: `{"type":"record","name":"Reading","fields":[{"name":"time","type":["null","long"]},{"name":"value",
				"type":"double"},
				{"name":"tags","type":["null",{"type":"array","items":"string"}]},{"name":"unit","type":"string"}]}`,
			value: map[string]any{"time": nil, "value": 1.5, "tags": nil, "unit": "°C"},
			want:  Reading{Value: 1.5, Unit: &celsius, Note: "none", Place: "?"},
		},
		"a field is missing": {
			writer: `{"type":"record","name":"Reading","fields":[{"name":"time","type":"long"},{"name":"wert",
				"type":"double"}]}`,
			value: map[string]any{"time": int64(1), "wert": 2.0},
			fails: "field value: schema 5, with which the record was written: " +
				"avro_test.Reading wants this field, and the writer's schema hasn't got it (fields of its Reading: time, wert); " +
				"make it a pointer, or give it a default by the tag `avro:\"value,default=…\"`",
		},
		"another type": {
			writer: `{"type":"record","name":"Reading","fields":[{"name":"time","type":"string"}]}`,
			value:  map[string]any{"time": "noon"},
			fails:  "field time: schema 5, with which the record was written: Avro's string and Go's int64 don't go together",
		},
		"a value that the struct has no room for": {
			writer: `{"type":"record","name":"Reading","fields":[{"name":"time","type":"double"},{"name":"value",
				"type":"double"},
				{"name":"tags","type":{"type":"array","items":"string"}}]}`,
			value: map[string]any{"time": 1.5, "value": 1.0, "tags": []any{}},
			fails: "field time: ",
		},
		"a reader's schema with defaults of its own": {
			writer: `{"type":"record","name":"Reading","fields":[{"name":"value","type":"float"},{"name":"t","type":"int"},
				{"name":"place","type":"string"}]}`,
			value: map[string]any{"value": float32(2), "t": 5, "place": "attic"},
			reader: `{"type":"record","name":"Reading","fields":[
				{"name":"time","type":"long","aliases":["t"]},
				{"name":"value","type":"double"},
				{"name":"unit","type":["string","null"],"default":"°C"},
				{"name":"note","type":"string","default":"from the schema"},
				{"name":"place","type":"string"},
				{"name":"unwanted","type":"string","default":""},
				{"name":"tags","type":{"type":"array","items":"string"},"default":["x"]}]}`,
			want: Reading{Time: 5, Value: 2, Unit: &celsius, Note: "from the schema", Place: "attic", Tags: []string{"x"}},
		},
		"a writer that doesn't suit the reader's schema": {
			writer: `{"type":"record","name":"Reading","fields":[{"name":"value","type":"double"}]}`,
			value:  map[string]any{"value": 2.0},
			reader: `{"type":"record","name":"Reading","fields":[{"name":"time","type":"long"},{"name":"value","type":"double"},
				{"name":"unit","type":["null","string"]},{"name":"note","type":"string"},{"name":"place","type":"string"},
				{"name":"tags","type":{"type":"array","items":"string"}}]}`,
			fails: "schema 5, with which the record was written: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := codectest.Serve(t)
			s.SeedSchema("readings-value", 1, 5, sr.Schema{Schema: c.writer})
			data := append([]byte{0, 0, 0, 0, 5}, write(t, c.writer, c.value)...)
			got, err := codectest.Decode[Reading](t, avro.Codec(avro.Registry(s.Client(t)), avro.Schema(c.reader)), data)
			if c.fails != "" {
				codectest.WantError(t, err, c.fails)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type PoseRecord struct {
	Last  Pose  `json:"last"`
	First *Mini `json:"first"`
}

// Mini reads less of a pose than Pose.
type Mini struct {
	Y float32
	Z *float64
}

// One record of the writer's may stand for several structs, and refer to itself.
func TestAvroRecordsThatAreNamedTwice(t *testing.T) {
	writer := `{"type":"record","name":"P","namespace":"a.b","fields":[
		{"name":"last","type":{"type":"record","name":"Pose","fields":[{"name":"X","type":"double"},{"name":"Y",
			"type":"double"},
			{"name":"before","type":["null","Pose"]}]}},
		{"name":"first","type":["null","a.b.Pose"]}]}`
	pose := func(x, y float64, before any) map[string]any { return map[string]any{"X": x, "Y": y, "before": before} }
	s := codectest.Serve(t)
	s.SeedSchema("poses", 1, 9, sr.Schema{Schema: writer})
	value := map[string]any{"last": pose(1, 2, pose(3, 4, nil)), "first": pose(5, 6, pose(7, 8, pose(9, 10, nil)))}
	got, err := codectest.Decode[PoseRecord](t, avro.Codec(avro.Registry(s.Client(t))),
		append([]byte{0, 0, 0, 0, 9}, write(t, writer, value)...))
	if err != nil || got.Last != (Pose{1, 2}) || got.First == nil || got.First.Y != 6 || got.First.Z != nil {
		t.Errorf("%+v %v", got, err)
	}
}

// Defaults, which have the schema's names, are there for reading and don't hinder writing.
func TestAvroDefaultsOfRecords(t *testing.T) {
	type Point struct {
		Left float64 `json:"left"`
	}
	type Line struct {
		From Point `json:"from"`
		To   int   `json:"to"`
	}
	schema := `{"type":"record","name":"a.Line","fields":[{"name":"to","type":"int","default":7},
		{"name":"from","type":{"type":"record","name":"Point","fields":[{"name":"left","type":"double"}]},
			"default":{"left":1}}]}`
	s := codectest.Serve(t)
	data := codectest.Encode(t, avro.Codec(avro.Registry(s.Client(t)), avro.Subject("lines"), avro.Schema(schema)),
		Line{Point{2}, 3})
	got, err := codectest.Decode[Line](t, avro.Codec(avro.Registry(s.Client(t))), data)
	if err != nil || *got != (Line{Point{2}, 3}) {
		t.Error(got, err)
	}
}

func TestAvroReferences(t *testing.T) {
	s := codectest.Serve(t)
	s.SeedSchema("pose", 1, 1, sr.Schema{Schema: `{"type":"record","name":"a.Pose","fields":[{"name":"X","type":"double"},
		{"name":"Y","type":"double"}]}`})
	s.SeedSchema("list", 1, 2, sr.Schema{Schema: `{"type":"record","name":"a.List","fields":[{"name":"poses",
		"type":{"type":"array","items":"a.Pose"}}]}`,
		References: []sr.SchemaReference{{Name: "a.Pose", Subject: "pose", Version: 1}}})
	type List struct {
		Poses []Pose `json:"poses"`
	}
	c := avro.Codec(avro.Registry(s.Client(t)), avro.Subject("list"), avro.UseLatest())
	data := codectest.Encode(t, c, List{[]Pose{{1, 2}, {3, 4}}})
	for range 2 {
		got, err := codectest.Decode[List](t, c, data)
		if err != nil || len(got.Poses) != 2 || got.Poses[1] != (Pose{3, 4}) {
			t.Errorf("%+v %v", got, err)
		}
	}
	want := map[string]int{"GET /subjects/list/versions/latest": 1, "GET /subjects/pose/versions/1": 1,
		"GET /schemas/ids/2": 1}
	if diff := cmp.Diff(want, s.Requests()); diff != "" {
		t.Error(diff)
	}
}

func TestAvroUsesWhatIsRegistered(t *testing.T) {
	s := codectest.Serve(t)
	older := `{"type":"record","name":"L","fields":[{"name":"y","type":"float"},{"name":"time","type":"int"},{"name":"x",
		"type":["null","double"]}]}`
	s.SeedSchema("locations-value", 1, 4, sr.Schema{Schema: codectest.LocationSchema})
	s.SeedSchema("locations-value", 2, 6, sr.Schema{Schema: older})
	s.SeedSchema("wider", 1, 8, sr.Schema{Schema: `{"type":"record","name":"L","fields":[{"name":"time","type":"long"},
		{"name":"x","type":"double"},
		{"name":"y","type":"double"},{"name":"z","type":"double"}]}`})
	s.SeedSchema("narrower", 1, 9, sr.Schema{Schema: `{"type":"record","name":"L","fields":[{"name":"time","type":"long"},
		{"name":"x","type":"double"}]}`})
	client := s.Client(t)
	l := Location{Time: 10, X: 0.5, Y: -1}
	for want, c := range map[byte]codec.Codec{
		6: avro.Codec(avro.Registry(client), avro.Subject("locations-value"), avro.UseLatest()),
		4: avro.Codec(avro.Registry(client), avro.Subject("locations-value"), avro.AutoRegister(false),
			avro.Schema(codectest.LocationSchema)),
	} {
		data := codectest.Encode(t, c, l)
		got, err := codectest.Decode[Location](t, avro.Codec(avro.Registry(client)), data)
		if data[4] != want || err != nil || *got != l {
			t.Errorf("%x is %v, %v; want schema %d", data, got, err, want)
		}
	}
	for subject, want := range map[string]string{
		"wider": `the latest schema of subject "wider": field z: the schema wants this field, ` +
			`and avro_test.Location has only time, x, y`,
		"narrower": `the latest schema of subject "narrower": field y: ` +
			`avro_test.Location has this field, and the schema hasn't`,
		"missing": `schema registry, subject "missing": it isn't there (404)`,
	} {
		_, err := avro.Codec(avro.Registry(client), avro.Subject(subject),
			avro.UseLatest()).Encoder(reflect.TypeFor[Location]())
		codectest.WantError(t, err, want)
	}
	other := `{"type":"record","name":"Other","fields":[{"name":"time","type":"long"},{"name":"x","type":"double"},
		{"name":"y","type":"double"}]}`
	_, err := avro.Codec(avro.Registry(client), avro.Subject("locations-value"), avro.AutoRegister(false),
		avro.Schema(other)).Encoder(reflect.TypeFor[Location]())
	codectest.WantError(t, err, "(404)")
	if _, there := s.GetSchema("locations-value", 3); there {
		t.Error("something was registered")
	}
}

func TestAvroThatIsWrong(t *testing.T) {
	s := codectest.Serve(t)
	s.SeedSchema("a", 1, 1, sr.Schema{Schema: codectest.LocationSchema})
	s.SeedSchema("p", 1, 2, sr.Schema{Schema: `syntax = "proto3"; message A {}`, Type: sr.TypeProtobuf})
	good := codectest.Encode(t, avro.Codec(avro.Registry(s.Client(t)), avro.Subject("a")), Location{Time: 10})
	decode, err := avro.Codec(avro.Registry(s.Client(t))).Decoder(reflect.TypeFor[Location]())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data   []byte
		offset int
		want   string
	}{
		"empty": {nil, 0, "the record is empty, want the magic byte 0 and a schema's id"},
		"JSON": {[]byte(` {"time":10}`), 0, `the magic byte 0 of a schema registry's wire format is missing: ` +
			`the record begins with '{' and may be JSON; use codec.JSON for it`},
		"foreign": {[]byte{20, 0, 0}, 0, "the magic byte 0 of a schema registry's wire format is missing: " +
			"the record begins with 0x14; was it written without the registry?"},
		"cut id":     {good[:3], 3, "the record ends within its schema's id, after 3 bytes"},
		"cut":        {good[:9], 9, "field x: the record is cut off"},
		"no element": {good[:5], 5, "the record is cut off"},
		"longer": {append(good[:len(good):len(good)], 1, 2), len(good),
			"2 bytes are left over behind the element; was it written with another schema?"},
		"Protobuf": {[]byte{0, 0, 0, 0, 2, 0}, -1, "schema 2, with which the record was written: " +
			"its type is PROTOBUF, want AVRO"},
	} {
		t.Run(name, func(t *testing.T) {
			err := decode(c.data, new(Location))
			codectest.WantError(t, err, c.want)
			where := (*codec.Error)(nil)
			if !errors.As(err, &where) || where.Offset != c.offset {
				t.Errorf("%#v, want offset %d", where, c.offset)
			}
		})
	}
}

func TestAvroTypesThatDontSuit(t *testing.T) {
	type Doubled struct {
		A int `json:"x"`
		B int `avro:"x"`
	}
	for name, c := range map[string]struct {
		codec codec.Codec
		typ   reflect.Type
		want  string
	}{
		"no Avro type": {avro.Codec(), reflect.TypeFor[struct{ N uint64 }](), `field "N" of struct { N uint64 }: ` +
			`no Avro type follows from the Go type uint64; give the schema by avro.Schema`},
		"a duration": {avro.Codec(), reflect.TypeFor[struct{ N time.Duration }](),
			"no Avro type follows from the Go type time.Duration"},
		"an unknown tag": {avro.Codec(), reflect.TypeFor[struct {
			N int `avro:"n,nullable"`
		}](), `with the options "nullable" of its tag`},
		"a bad default": {avro.Codec(), reflect.TypeFor[struct {
			N int `avro:"n,default=x"`
		}](), `the tag's default "x" isn't one of the Avro type long`},
		"two of a name": {avro.Codec(), reflect.TypeFor[Doubled](),
			`avro_test.Doubled has two fields that Avro would call "x"; rename one by its tag avro`},
		"no schema": {avro.Codec(avro.Schema(`{"type":"rekord"}`)), reflect.TypeFor[Location](),
			"the text of avro.Schema: "},
		"a field less": {avro.Codec(avro.Schema(`{"type":"record","name":"L","fields":[{"name":"time","type":"long"}]}`)),
			reflect.TypeFor[Location](), "field x: avro_test.Location has this field, and the schema hasn't; " +
				"fields of its L: time"},
		"another type": {avro.Codec(avro.Schema(`{"type":"record","name":"L","fields":[{"name":"N","type":"long"}]}`)),
			reflect.TypeFor[struct{ N []int }](), "field N: Avro's long and Go's []int don't go together"},
		"no such branch": {avro.Codec(avro.Schema(`{"type":"record","name":"L","fields":[{"name":"N","type":["null","string",
			"long"]}]}`)), reflect.TypeFor[struct{ N *bool }](),
			"field N: Avro's union of null, string, long and Go's bool don't go together"},
		"case": {avro.Codec(avro.Schema(`{"type":"record","name":"L","fields":[{"name":"n","type":"long"},{"name":"N",
			"type":"long"}]}`)), reflect.TypeFor[struct {
			N int `json:"n"`
		}](), "mark which one"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.codec.Encoder(c.typ)
			if name == "case" { // which has no meaning for an encoder, whose struct lacks the other field
				_, err = c.codec.Decoder(c.typ)
			}
			codectest.WantError(t, err, c.want)
		})
	}
	client := codectest.Serve(t).Client(t)
	_, err := avro.Codec(avro.Registry(client)).Encoder(reflect.TypeFor[Location]())
	codectest.WantError(t, err, "to encode with a registry, avro.Codec needs avro.Subject: ")
	_, err = avro.Codec(avro.Registry(client)).Decoder(reflect.TypeFor[Doubled]())
	codectest.WantError(t, err, "two fields")
	_, err = avro.Codec(avro.Registry(client)).Decoder(reflect.TypeFor[chan int]())
	codectest.WantError(t, err, "Avro has nothing like chan int")
}

// What an encoder can't encode leaves dst as it was.
func TestAvroEncodeErrors(t *testing.T) {
	type Mark struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
	c := avro.Codec(avro.Schema(`{"type":"record","name":"M","fields":[{"name":"name","type":"string"},
		{"name":"kind","type":{"type":"enum","name":"K","symbols":["A",
			"B"]}}]}`), avro.Registry(codectest.Serve(t).Client(t)), avro.Subject("marks"))
	encode, err := c.Encoder(reflect.TypeFor[Mark]())
	if err != nil {
		t.Fatal(err)
	}
	data, err := encode([]byte("before"), &Mark{"n", "C"})
	where := (*codec.Error)(nil)
	if !errors.As(err, &where) || where.Field != "kind" || string(data) != "before" {
		t.Errorf("%q, %v", data, err)
	}
	if data, err = encode(data, &Mark{"n", "B"}); err != nil {
		t.Error(err)
	}
	if got, err := codectest.Decode[Mark](t, c, data[6:]); err != nil || *got != (Mark{"n", "B"}) {
		t.Error(got, err)
	}
}

// Errors name the field as the schema does, however deep it is.
func TestAvroErrorsNameTheField(t *testing.T) {
	type Mark struct {
		Kind string `json:"kind"`
	}
	type Marks struct {
		All map[string][]*Mark `json:"all"`
	}
	encode, err := avro.Codec(avro.Schema(`{"type":"record","name":"Ms","fields":[{"name":"all","type":{"type":"map",
		"values":
		{"type":"array","items":{"type":"record","name":"M","fields":[{"name":"kind","type":{"type":"enum","name":"K",
			"symbols":["A"]}}]}}}}]}`)).
		Encoder(reflect.TypeFor[Marks]())
	if err != nil {
		t.Fatal(err)
	}
	_, err = encode(nil, &Marks{All: map[string][]*Mark{"a": {{"A"}, {"B"}}}})
	if where := (*codec.Error)(nil); !errors.As(err, &where) || where.Field != "all.kind" {
		t.Errorf("%#v", err)
	}
}

// Elements need not be structs.
func TestAvroMaps(t *testing.T) {
	s := codectest.Serve(t)
	data := codectest.Encode(t, avro.Codec(avro.Registry(s.Client(t)), avro.Subject("a")), Location{Time: 10, X: 1, Y: 2})
	got, err := codectest.Decode[map[string]any](t, avro.Codec(avro.Registry(s.Client(t))), data)
	if diff := cmp.Diff(&map[string]any{"time": int64(10), "x": 1.0, "y": 2.0}, got); err != nil || diff != "" {
		t.Error(diff, err)
	}
}

package member_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker/internal/member"
)

// TestSplit takes objects of every shape apart, with blanks where JSON allows them, and compares with encoding/json.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOfN(rapid.String(), value(3), 0, 5).Draw(t, "object")
		indent := rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent")
		text, err := json.MarshalIndent(object, "", indent)
		if err != nil {
			t.Fatal(err)
		}
		if indent == "" {
			text, _ = json.Marshal(object)
		}
		members, err := member.Split(text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got := map[string]any{}
		for _, m := range members {
			got[m.Name] = parse(t, m.Value)
		}
		if want := parse(t, text); cmp.Diff(want, any(got)) != "" {
			t.Fatalf("%s: %s", text, cmp.Diff(want, any(got)))
		}
	})
}

// TestItems takes lists apart.
func TestItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(rapid.SliceOfN(value(2), 0, 5).Draw(t, "list"))
		if err != nil {
			t.Fatal(err)
		}
		got := []any{}
		if err := member.Items(text, func(item []byte) error {
			got = append(got, parse(t, item))
			return nil
		}); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if want := parse(t, text); cmp.Diff(want, any(got)) != "" {
			t.Fatalf("%s: %s", text, cmp.Diff(want, any(got)))
		}
	})
}

// TestSplitRefuses says what is no object.
func TestSplitRefuses(t *testing.T) {
	for _, text := range []string{"", "1", `"a"`, "[1]", "null"} {
		if members, err := member.Split([]byte(text), nil); err == nil {
			t.Errorf("%q is cut into %v", text, members)
		}
	}
	if err := member.Items([]byte(`{"a":1}`), func([]byte) error { return nil }); err == nil {
		t.Error("an object is taken for a list")
	}
}

// TestSplitReuses appends to what it is given.
func TestSplitReuses(t *testing.T) {
	into, err := member.Split([]byte(`{"a":1,"b":2}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := member.Split([]byte(`{"c":3}`), into)
	if err != nil || fmt.Sprint(again) != fmt.Sprint([]member.Member{{Name: "c", Value: []byte("3")}}) || &again[0] != &into[0] {
		t.Errorf("got %v, %v", again, err)
	}
}

func value(depth int) *rapid.Generator[any] {
	plain := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int32().AsAny(), rapid.Float32().AsAny(),
		rapid.SampledFrom([]string{"", `"`, `\`, `{"a":[1]}`, "a,b:c}]", "ä\u2028", "\n\t "}).AsAny(), rapid.String().AsAny(),
	}
	if depth > 0 {
		plain = append(plain, rapid.SliceOfN(value(depth-1), 0, 3).AsAny(),
			rapid.MapOfN(rapid.String(), value(depth-1), 0, 3).AsAny())
	}
	return rapid.OneOf(plain...)
}

func parse(t *rapid.T, text []byte) (v any) {
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

// TestText reads strings as encoding/json does.
func TestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quoted := rapid.SampledFrom([]string{`""`, `"a"`, `"\u00e4\n"`, `"\\"`, "\"\xff\"", `"ä"`, `"`, ``, `1`}).Draw(t, "quoted")
		if rapid.Bool().Draw(t, "random") {
			text, err := json.Marshal(rapid.String().Draw(t, "text"))
			if err != nil {
				t.Fatal(err)
			}
			quoted = string(text)
		}
		var want string
		failed := json.Unmarshal([]byte(quoted), &want)
		got, err := member.Text([]byte(quoted))
		if string(got) != want || (err == nil) != (failed == nil) {
			t.Fatalf("%q is %q, %v; want %q, %v", quoted, got, err, want, failed)
		}
	})
}

// TestSplitKnowsNamesByWhatTheySay doesn't take a name for one that is written with the same characters.
func TestSplitKnowsNamesByWhatTheySay(t *testing.T) {
	before, err := member.Split([]byte(`{"a\\u0041":1}`), nil)
	if err != nil || before[0].Name != `a\u0041` {
		t.Fatalf("got %v, %v", before, err)
	}
	if all, err := member.Split([]byte(`{"a\u0041":2}`), before); err != nil || all[0].Name != "aA" {
		t.Errorf("got %v, %v", all, err)
	}
}

package expression_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/expression"
)

// document draws JSON with white space anywhere, escapes, numbers in every spelling, and members that are there twice.
func document(t *rapid.T, depth int) string {
	space := rapid.SampledFrom([]string{"", "", "", " ", "\n", "\t \r\n"}).Draw(t, "space")
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		return space + rapid.SampledFrom([]string{
			"null", "true", "false", "0", "-0", "-0.00", "1.50", "1e2", "-1E-2", "123456789012345678901234567890.10", "1e400", `""`, `"a"`, `"é"`,
			`"\u00e9\n\"\\\/"`, `"\ud83d\ude00"`, `"]}"`, `"\\"`, `"{\"a\":[1]}"`, "[]", "{}",
		}).Draw(t, "leaf value") + space
	}
	var parts []string
	count := rapid.IntRange(0, 4).Draw(t, "count")
	isList := rapid.Bool().Draw(t, "list")
	for range count {
		part := document(t, depth-1)
		if !isList {
			part = rapid.SampledFrom([]string{`"a"`, `"b"`, ` "c" `, `"\u0061"`, `""`, `"a.b"`, `"\""`}).Draw(t, "name") + space + ":" + part
		}
		parts = append(parts, part)
	}
	if isList {
		return space + "[" + space + strings.Join(parts, ",") + "]" + space
	}
	return space + "{" + space + strings.Join(parts, ",") + "}" + space
}

// decoded returns what encoding/json makes of a document, its numbers as they are written.
func decoded(t rapid.TB, raw []byte) (v any) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// TestTidyMeansTheSame compares a document with what is left of it without white space and repeated members.
func TestTidyMeansTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := []byte(document(t, 4))
		tidy := expression.Tidy([]byte("before"), raw)
		if !bytes.HasPrefix(tidy, []byte("before")) {
			t.Fatalf("%s: what was there is %s", raw, tidy)
		}
		tidy = tidy[len("before"):]
		if !reflect.DeepEqual(decoded(t, raw), decoded(t, tidy)) {
			t.Fatalf("%s is tidy as %s", raw, tidy)
		}
		if again := expression.Tidy(nil, tidy); !bytes.Equal(again, tidy) {
			t.Fatalf("%s is tidied once more, to %s", tidy, again)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, tidy); err != nil || compact.Len() != len(tidy) {
			t.Fatalf("%s has white space: %v", tidy, err)
		}
	})
}

// TestDocumentsAreReadAsWritten looks into every list and object of a document, and finds what encoding/json finds;
// and writes it again.
func TestDocumentsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tidy := expression.Tidy(nil, []byte(document(t, 4)))
		scope := texts{string(tidy)}
		expectDocument(t, "x", scope, decoded(t, tidy))
		for _, passed := range []string{"x", "[x][0]", "{q: x}.q", "fromJSON(toJSON(x))", "fromJSON(string(x == nil or type(x) == 'string' ? toJSON(x) : x))"} {
			p, err := expression.Compile(passed, scope)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := p.AppendJSON(nil, nil); err != nil || string(got) != string(tidy) && json.Valid(tidy) && !strings.Contains(string(tidy), `\`) {
				t.Fatalf("%s of %s is %s, %v", passed, tidy, got, err)
			}
		}
	})
}

// expectDocument compares what a path leads to, and all that is below it.
func expectDocument(t rapid.TB, path string, scope texts, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		expectTrue(t, fmt.Sprintf("len(%s) == %d and len(keys(%s)) == %d", path, len(want), path, len(want)), scope)
		for name, member := range want {
			step := path + "[" + quoted(name) + "]"
			expectTrue(t, quoted(name)+" in "+path, scope)
			expectDocument(t, step, scope, member)
		}
	case []any:
		expectTrue(t, fmt.Sprintf("len(%s) == %d", path, len(want)), scope)
		for i, item := range want {
			expectDocument(t, fmt.Sprintf("%s[%d]", path, i), scope, item)
		}
	case string:
		expectTrue(t, path+" == "+quoted(want), scope)
	case json.Number:
		expectTrue(t, path+" == "+string(want), scope)
	case nil:
		expectTrue(t, path+" == nil", scope)
	default:
		expectTrue(t, fmt.Sprintf("%s == %v", path, want), scope)
	}
}

// quoted returns a text as a literal.
func quoted(text string) string { return string(expression.AppendText(nil, text)) }

func expectTrue(t rapid.TB, source string, scope texts) {
	t.Helper()
	p, err := expression.Compile(source, scope)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.AppendJSON(nil, nil); err != nil || string(got) != "true" {
		t.Fatalf("%s of %s is %s, %v", source, scope, got, err)
	}
}

// TestTextsAreQuoted writes texts as encoding/json reads them, whatever bytes they have.
func TestTextsAreQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "valid") {
			text = rapid.String().Draw(t, "text")
		}
		raw := expression.AppendText([]byte("before"), text)[len("before"):]
		var got string
		if err := json.Unmarshal(raw, &got); err != nil || got != strings.ToValidUTF8(text, "\uFFFD") && len(got) < len(text) {
			t.Fatalf("%q is quoted as %s, which is %q, %v", text, raw, got, err)
		}
		if unquoted := expression.Unquote(raw); unquoted != got {
			t.Fatalf("%s is unquoted to %q, want %q", raw, unquoted, got)
		}
	})
}

// TestRepeatedMembers has objects with several members of one name: the last counts.
func TestRepeatedMembers(t *testing.T) {
	scope := texts{`{"k":1,"a":2,"\u006b":3}`}
	for source, want := range map[string]string{
		"x.k": "3", "len(x)": "2", "x == {a: 2, k: 3}": "true", "values(x)": "[3,2]", "'k' in x": "true", "get(x, 'k')": "3",
	} {
		expectJSON(t, source, scope, want)
	}
	if tidy := expression.Tidy(nil, []byte(scope[0])); string(tidy) != `{"a":2,"\u006b":3}` {
		t.Errorf("tidy is %s", tidy)
	}
}

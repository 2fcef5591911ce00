package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/pipeline"
)

// A place is a mapping of a pipeline file: the file that has it, the path to it, and where the schema says what it holds.
type place struct{ file, path, pointer string }

const placeTop = "master: a\noutput: o\njoin: [{left: a, right: b, on: a.t == b.t, within: {before: 1}}]\nwindow: {count: 3}\n" +
	"streams:\n  b: {file: b.jsonl}\n  o: {file: o.jsonl}\n"

func placeOf(top, stream string) string { return top + placeTop + "  a: " + stream + "\n" }

var (
	onKafka = placeOf("commit: {every: 1s}\nkafka: {brokers: [k], tls: {ca: x}, sasl: {mechanism: plain, user: u, password: p}, registry: {url: 'http://h'}}\n",
		"{topic: t, key: {by: x}}")
	onFiles = placeOf("", "{file: a.csv, csv: {ragged: true}, sort: {by: t}, parquet: {row_group: 5}, avro: {codec: snappy}}")
)

// schemaPlaces are all mappings of pipeline files whose members have fixed names.
func schemaPlaces() []place {
	all := []place{
		{onFiles, "", ""}, {onFiles, "streams.a", "/$defs/stream"}, {onKafka, "streams.a", "/$defs/stream"},
		{onFiles, "streams.a.csv", "/$defs/csv"}, {onFiles, "streams.a.parquet", "/$defs/parquet"},
		{onFiles, "streams.a.avro", "/$defs/avro"},
		{onKafka, "streams.a.key", "/$defs/key/oneOf/1"}, {onKafka, "kafka.registry", "/$defs/registry"},
		{onKafka, "commit", "/$defs/commit"}, {onFiles, "streams.a.sort", "/$defs/sort/oneOf/1"},
		{placeOf("", "{follow: true}"), "streams.a", "/$defs/stream"},
		{onFiles, "join.0", "/$defs/join"}, {onFiles, "join.0.within", "/$defs/within/oneOf/1"},
		{onFiles, "window", "/$defs/window/oneOf/1"}, {onKafka, "kafka", "/$defs/kafka"},
		{onKafka, "kafka.tls", "/$defs/tls/oneOf/1"}, {onKafka, "kafka.sasl", "/$defs/kafka/properties/sasl"},
		{placeOf("postgres: {url: 'postgres://h/d'}\n", "{postgres: {changes: [a]}}"), "streams.a.postgres", "/$defs/postgresStream"},
	}
	for name, of := range map[string][2]string{
		"postgres": {"{url: 'postgres://h/d'}", "{table: a}"}, "sqlite": {"{file: a.db}", "{table: a}"},
		"mysql": {"{url: 'mysql://h/d'}", "{table: a}"}, "rabbitmq": {"{url: 'rabbitmq-stream://h'}", "{stream: a}"},
		"nats": {"{url: 'nats://h'}", "{subject: a}"}, "redis": {"{url: 'redis://h'}", "{stream: a}"},
	} {
		text := placeOf(name+": "+of[0]+"\n", "{"+name+": "+of[1]+"}")
		all = append(all, place{text, name, "/$defs/" + name}, place{text, "streams.a." + name, "/$defs/" + name + "Stream"})
	}
	return all
}

// TestSchemaHasTheMembers: the schema has the members that pipeline files take, and no others. What they take is what they
// say when they are given another.
func TestSchemaHasTheMembers(t *testing.T) {
	const other = "qqqqqqqqqqqqqqqqqqqqqq"
	taken := map[string][]string{}
	for _, p := range schemaPlaces() {
		path := filepath.Join(t.TempDir(), "p.yaml")
		if err := os.WriteFile(path, []byte(p.file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := pipeline.LoadSet(path, []string{strings.TrimPrefix(p.path+"."+other, ".") + "=1"}, parts()...)
		var wrong *pipeline.Error
		if !errors.As(err, &wrong) {
			t.Fatalf("%s takes anything: %v", p.path, err)
		}
		_, members, ok := strings.Cut(wrong.Message, `has no member "`+other+`": there is `)
		if !ok {
			t.Errorf("%s in\n%s\nsays %q", p.path, p.file, wrong.Message)
			continue
		}
		taken[p.pointer] = append(taken[p.pointer], strings.Split(members, ", ")...)
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(schema), &document); err != nil {
		t.Fatal(err)
	}
	for pointer, members := range taken {
		slices.Sort(members)
		members = slices.Compact(members)
		var at any = document
		for _, step := range strings.Split(pointer, "/")[1:] {
			if list, ok := at.([]any); ok && step == "1" {
				at = list[1]
			} else {
				at = at.(map[string]any)[step]
			}
		}
		var has []string
		for name := range at.(map[string]any)["properties"].(map[string]any) {
			has = append(has, name)
		}
		slices.Sort(has)
		if diff := cmp.Diff(members, has); diff != "" {
			t.Errorf("what pipeline files take (-) and what cmd/leat/pipeline.schema.json has (+) at %s: %s", pointer, diff)
		}
	}
}

// TestSchemaTakesWhatIsThere: every pipeline file of the repository and its documents is as the schema says.
func TestSchemaTakesWhatIsThere(t *testing.T) {
	compiled := compileSchema(t)
	root, count := filepath.Join("..", ".."), 0
	check := func(name, text string) {
		if !strings.Contains(text, "streams:") || !strings.Contains(text, "master:") || !strings.Contains(text, "output:") {
			return
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return // its own tests say that it is no pipeline file
		}
		count++
		if err := compiled.Validate(plain(value)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text := func() string {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
		switch filepath.Ext(path) {
		case ".yaml", ".yml":
			check(path, text())
		case ".md":
			for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(text(), -1) {
				check(path, block[1])
			}
		}
		return nil
	})
	if err != nil || count < 10 {
		t.Errorf("%d pipeline files, %v", count, err)
	}
}

// TestSchemaRefuses: the schema refuses what isn't a pipeline file.
func TestSchemaRefuses(t *testing.T) {
	compiled := compileSchema(t)
	for _, change := range [][2]string{
		{"master: a", "mastr: a"}, {"left: a", "lft: a"}, {"before: 1", "befor: 1"}, {"{file: b.jsonl}", "b.jsonl"},
		{"count: 3", "count: 3, every: 2s"}, {"ragged: true", "raged: true"}, {"output: o\n", ""},
	} {
		var value any
		if err := yaml.Unmarshal([]byte(strings.Replace(onFiles, change[0], change[1], 1)), &value); err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(plain(value)); err == nil {
			t.Errorf("it takes %s", change[1])
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("pipeline.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("pipeline.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// plain makes of a value of YAML what JSON would have.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	case map[any]any:
		named := map[string]any{}
		for name, member := range v {
			named[strings.Trim(strings.TrimSpace(jsonOf(name)), `"`)] = plain(member)
		}
		return named
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return value
}

func jsonOf(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

package pipeline_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/avro"
	"github.com/leat-go/leat/pipeline/jsonschema"
	"github.com/leat-go/leat/pipeline/mysql"
	"github.com/leat-go/leat/pipeline/nats"
	"github.com/leat-go/leat/pipeline/postgres"
	"github.com/leat-go/leat/pipeline/protobuf"
	"github.com/leat-go/leat/pipeline/rabbitmq"
	"github.com/leat-go/leat/pipeline/redis"
	"github.com/leat-go/leat/pipeline/sqlite"
)

// known returns the members that the parser says that it knows, by its answer to one that it doesn't, at each place of
// a file that has members.
func known(t *testing.T) (members []string) {
	t.Helper()
	const none = "zzzzzzzzzzzz: 1"
	kafka := "kafka: {brokers: [a], "
	for _, text := range []string{
		none,
		"streams: {a: {" + none + "}}",
		"streams: {a: {topic: a, " + none + "}}",
		"streams: {a: {file: a.csv, csv: {" + none + "}}}",
		"streams: {a: {file: a.json, sort: {" + none + "}}}",
		two + "join: [{" + none + "}]",
		"streams: {a: {file: a.json}}\nmaster: a\nwindow: {" + none + "}",
		two + kafka + none + "}",
		two + kafka + "tls: {" + none + "}}",
		two + kafka + "sasl: {" + none + "}}",
		two + kafka + "registry: {" + none + "}}",
		"streams: {a: {topic: a, key: {" + none + "}}}",
		two + "postgres: {" + none + "}",
		two + "sqlite: {" + none + "}",
		two + "mysql: {" + none + "}",
		two + "rabbitmq: {" + none + "}",
		two + "nats: {" + none + "}",
		two + "redis: {" + none + "}",
		storedIn("postgres: {}", "postgres: {"+none+"}"),
		storedIn("postgres: {}", "postgres: {changes: a, "+none+"}"),
		storedIn("sqlite: {file: a}", "sqlite: {"+none+"}"),
		storedIn("mysql: {}", "mysql: {"+none+"}"),
		storedIn("rabbitmq: {url: 'a://b'}", "rabbitmq: {"+none+"}"),
		storedIn("nats: {url: 'a://b'}", "nats: {"+none+"}"),
		storedIn("redis: {url: 'a://b'}", "redis: {"+none+"}"),
	} {
		err := mistake(text)
		var wrong *pipeline.Error
		if !errors.As(err, &wrong) {
			t.Fatalf("%s: %v", text, err)
		}
		_, list, ok := strings.Cut(err.Error(), `has no member "zzzzzzzzzzzz": there is `)
		if !ok {
			t.Fatalf("%s: %v", text, err)
		}
		members = append(members, strings.Split(list, ", ")...)
	}
	return members
}

// mistake returns what is wrong with a pipeline file that may name every storage.
func mistake(text string) error {
	_, err := pipeline.Parse("p.yaml", []byte(text), postgres.Storage(), sqlite.Storage(), mysql.Storage(),
		rabbitmq.Storage(), nats.Storage(), redis.Storage(), avro.Format(), protobuf.Format(), jsonschema.Format())
	return err
}

// storedIn is a pipeline file with a stream in a storage.
func storedIn(connection, stream string) string {
	return connection + "\nstreams: {a: {" + stream + "}}\nmaster: a\noutput: a"
}

// docs/pipeline.md has every member of a pipeline file, and only those.
func TestTheDocumentedMembersAreThoseThereAre(t *testing.T) {
	page := documented(t)
	members := known(t)
	for _, member := range members {
		if !regexp.MustCompile("[`{ (\n]" + member + "(:|`)").MatchString(page) {
			t.Errorf("docs/pipeline.md doesn't have the member %s", member)
		}
	}
	// What the tables of members have in their first column.
	rows := 0
	for _, table := range regexp.MustCompile(`(?m)^\| member.*\n(\|.*\n)+`).FindAllString(page, -1) {
		for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)").FindAllStringSubmatch(table, -1) {
			rows++
			if !slices.Contains(members, row[1]) {
				t.Errorf("docs/pipeline.md has the member %s, which pipeline files don't have", row[1])
			}
		}
	}
	if rows < 15 {
		t.Errorf("the tables of docs/pipeline.md were not found: %d rows", rows)
	}
}

// What the pages show of pipeline files is taken; where one shows streams only, each of them.
func TestTheShownPipelinesAreTaken(t *testing.T) {
	for page, atLeast := range map[string][2]int{
		"pipeline.md": {4, 5}, "json.md": {1, 1}, "csv.md": {1, 0}, "parquet.md": {2, 0}, "formats.md": {2, 0},
	} {
		text, err := os.ReadFile(filepath.Join("..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		shown, single := 0, 0
		for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
			switch {
			case strings.Contains(block[1], "master:"):
				shown++
				if err := mistake(block[1]); err != nil {
					t.Errorf("%s: %v\n%s", page, err, block[1])
				}
			case strings.HasPrefix(block[1], "streams:"):
				for _, stream := range regexp.MustCompile(`(?m)^  (\w+):.*`).FindAllStringSubmatch(block[1], -1) {
					single++
					if err := mistake(readAlone(stream[0], stream[1])); err != nil {
						t.Errorf("%s: %v\n%s", page, err, stream[0])
					}
				}
			}
		}
		if shown < atLeast[0] || single < atLeast[1] {
			t.Errorf("%s: only %d pipelines and %d streams were found", page, shown, single)
		}
	}
}

// readAlone is a pipeline file that reads a stream, of which one line is shown.
func readAlone(line, name string) string {
	file := "streams:\n" + line + "\n  zzz: {file: zzz.jsonl}\nmaster: " + name + "\noutput: zzz\n"
	if idle := regexp.MustCompile(`, idle: \w+`); idle.MatchString(line) { // which a master can't be
		master := strings.Replace(idle.ReplaceAllString(line, ""), name, "m", 1)
		file = "streams:\n" + line + "\n" + master + "\n  zzz: {file: zzz.jsonl}\nmaster: m\noutput: zzz\n" +
			"join: [{left: m, right: " + name + ", on: \"m.t == " + name + ".t\"}]\n"
	}
	if strings.Contains(line, "topic:") {
		file += "kafka: {brokers: [a]}\n"
	}
	if strings.Contains(line, "follow:") {
		file = strings.Replace(file, "zzz.jsonl", "'-'", 1)
	}
	return file
}

func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", "pipeline.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

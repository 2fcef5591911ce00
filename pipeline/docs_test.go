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
	"github.com/leat-go/leat/pipeline/mysql"
	"github.com/leat-go/leat/pipeline/nats"
	"github.com/leat-go/leat/pipeline/postgres"
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
		two + "join: [{" + none + "}]",
		"streams: {a: {file: a.json}}\nmaster: a\nwindow: {" + none + "}",
		two + kafka + none + "}",
		two + kafka + "tls: {" + none + "}}",
		two + kafka + "sasl: {" + none + "}}",
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
		_, err := pipeline.Parse("p.yaml", []byte(text), postgres.Storage(), sqlite.Storage(), mysql.Storage(),
			rabbitmq.Storage(), nats.Storage(), redis.Storage())
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

// storedIn is a pipeline file with a stream in a storage.
func storedIn(connection, stream string) string {
	return connection + "\nstreams: {a: {" + stream + "}}\nmaster: a\noutput: a"
}

// docs/pipeline.md has every member of a pipeline file, and only those.
func TestTheDocumentedMembersAreThoseThereAre(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "pipeline.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
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

package deps_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the lists in testdata anew")

const module = "github.com/leat-go/leat"

// heavy are packages of the standard library that take megabytes of a program.
var heavy = []string{"crypto/tls", "html/template", "net", "net/http", "text/template"}

// Which packages a program is built of, beside most of the standard library.
func TestDependencies(t *testing.T) {
	for name, packages := range map[string][]string{
		"leat":     {module},
		"files":    {module, module + "/broker/file"},
		"kafka":    {module, module + "/broker/kafka"},
		"postgres": {module, module + "/broker/postgres"},
		"rabbitmq": {module, module + "/broker/rabbitmq"},
		"sqlite":   {module, module + "/broker/sqlite"},
		"mysql":    {module, module + "/broker/mysql"},
		"nats":     {module, module + "/broker/nats"},
		"redis":    {module, module + "/broker/redis"},
		"command":  {module + "/cmd/leat"},
	} {
		t.Run(name, func(t *testing.T) {
			got := dependencies(t, packages...)
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Fields(string(text))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what a program carries has changed (- before, + now); if that is meant, run\n"+
					"\tgo test ./internal/deps -update\n%s", diff)
			}
		})
	}
}

// What a program doesn't use, it doesn't carry, whatever the lists say.
func TestNotCarried(t *testing.T) {
	server := []string{"net/http", "crypto/tls", "html/template"}
	for name, test := range map[string]struct{ packages, without []string }{
		"files": {
			[]string{module, module + "/broker/file"},
			append(server, "github.com/prometheus", "go.opentelemetry.io", "google.golang.org/protobuf", "github.com/twmb",
				"github.com/expr-lang", "github.com/jackc", "github.com/klauspost", "go.uber.org/dig",
				"modernc.org", "github.com/go-sql-driver", "github.com/rabbitmq", "github.com/nats-io", "github.com/redis"),
		},
		"pipelines without other storages": {
			[]string{module + "/pipeline"}, []string{"github.com/jackc", "modernc.org", "github.com/go-sql-driver",
				"github.com/rabbitmq", "github.com/nats-io", "github.com/redis"},
		},
		"Avro and Protobuf without a registry": {[]string{module + "/codec/avro", module + "/codec/protobuf"}, server},
		"expressions":                          {[]string{module + "/expr"}, server},
	} {
		t.Run(name, func(t *testing.T) {
			got := dependencies(t, test.packages...)
			for _, other := range test.without {
				if i := slices.IndexFunc(got, func(p string) bool { return strings.HasPrefix(p, other) }); i >= 0 {
					t.Errorf("such a program is built with %s", got[i])
				}
			}
		})
	}
}

// dependencies lists the packages that others are built of, themselves among them, as on Linux: those that aren't in
// the standard library, and the large ones that are.
func dependencies(t *testing.T, packages ...string) []string {
	t.Helper()
	format := "{{if .Standard}}std {{end}}{{.ImportPath}}"
	command := exec.Command("go", append([]string{"list", "-deps", "-f", format}, packages...)...)
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(output)) {
		path, standard := strings.CutPrefix(strings.TrimSpace(line), "std ")
		if !standard || slices.Contains(heavy, path) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return found
}

// How large the smallest useful program is, in bytes. The goal is 10 and 7 MB; the limits are what it has, and some
// room for a new version of Go.
func TestSize(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("programs have another size elsewhere; the limits are those for linux/amd64")
	}
	for name, test := range map[string]struct {
		flags string
		limit int64
	}{
		"as it is built": {"", 10_000_000},
		"stripped":       {"-s -w", 6_900_000},
	} {
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "robot-speed")
			// The folder's path and the commit stand in the program, unless told otherwise: the size is to be the same
			// wherever the repository lies.
			command := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", test.flags, "-o", program,
				module+"/examples/robot-speed")
			command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
			if output, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			info, err := os.Stat(program)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.1f MB", float64(info.Size())/1e6)
			if info.Size() > test.limit {
				t.Errorf("examples/robot-speed has %d bytes, of at most %d; go list -deps tells what it is built of",
					info.Size(), test.limit)
			}
		})
	}
}

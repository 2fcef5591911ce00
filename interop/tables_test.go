//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// A question is what tables.py is asked, and an answer what it says.
type (
	question map[string]any
	answer   struct {
		Error   string   `json:"error"`
		Columns []string `json:"columns"`
		Rows    [][]any  `json:"rows"`
	}
)

// Tables is tables.py, one process for many tables.
type tables struct {
	in  *json.Encoder
	out *bufio.Reader
}

func startTables(t *testing.T) *tables {
	t.Helper()
	interpreter := os.Getenv("LEAT_TEST_PYTHON")
	if interpreter == "" {
		t.Fatal("LEAT_TEST_PYTHON must be a Python with the packages of requirements.txt")
	}
	command := exec.Command(interpreter, "tables.py")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
	encoder := json.NewEncoder(in)
	encoder.SetEscapeHTML(false)
	return &tables{encoder, bufio.NewReaderSize(out, 1<<20)}
}

// ask asks, and ends the test where there is no answer.
func (p *tables) ask(t *testing.T, q question) (a answer) {
	t.Helper()
	if err := p.in.Encode(q); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		t.Fatalf("%v: %.200s", err, line)
	}
	if a.Error != "" {
		t.Fatalf("%v: %s", q["do"], a.Error)
	}
	return a
}

// eachTable runs a check with random tables in a directory of its own: 200, or LEAT_TABLES of them. LEAT_TABLE is the number of
// one to run alone.
func eachTable(t *testing.T, check func(t *testing.T, r *rand.Rand, dir string)) {
	t.Helper()
	number := func(variable string, otherwise int) int {
		n, err := strconv.Atoi(os.Getenv(variable))
		if err != nil {
			return otherwise
		}
		return n
	}
	from, to := 0, number("LEAT_TABLES", 200)
	if one := number("LEAT_TABLE", -1); one >= 0 {
		from, to = one, one+1
	}
	dir := t.TempDir()
	if keep := os.Getenv("LEAT_KEEP"); keep != "" {
		dir = keep
	}
	for i := from; i < to && !t.Failed(); i++ {
		check(t, rand.New(rand.NewPCG(uint64(i), 1)), dir)
		if t.Failed() {
			t.Logf("that was table %d: LEAT_TABLE=%d runs it alone", i, i)
		}
	}
}

// convert runs a pipeline that passes the elements of one file on to another, each given as what stands behind "file:".
func convert(t *testing.T, dir, from, to string) error {
	t.Helper()
	text := fmt.Sprintf("streams:\n  all: {file: %s}\n  out: {file: %s}\nmaster: all\noutput: out\n", from, to)
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
	if err == nil {
		err = p.Run(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// quoted is a text in YAML, and in JSON.
func quoted(text any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

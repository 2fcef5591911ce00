package pgoutput_test

import (
	"testing"
	"time"

	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
)

// update is a message that a server has sent: of the row (1, 'a', NULL, unchanged), whose key was 7.
var update = []byte("U\x00\x00\x40\x01K\x00\x04t\x00\x00\x00\x017nnnN\x00\x04t\x00\x00\x00\x011t\x00\x00\x00\x01anu")

func TestChange(t *testing.T) {
	var p pgoutput.Parser
	message, err := p.Parse(update)
	if err != nil {
		t.Fatal(err)
	}
	c := message.(*pgoutput.Change)
	if c.Op != pgoutput.Update || c.Relation != 0x4001 || !c.OldIsKey || string(c.Old[0].Text) != "7" || len(c.New) != 4 ||
		string(c.New[1].Text) != "a" || c.New[2].Kind != pgoutput.Null || c.New[3].Kind != pgoutput.Unchanged {
		t.Errorf("the change is %+v", c)
	}
}

// A message that is cut off anywhere, or unknown, is an error and no panic.
func TestCutOff(t *testing.T) {
	for n := range len(update) {
		var p pgoutput.Parser
		if message, err := p.Parse(update[:n]); err == nil {
			t.Errorf("%d bytes of %d are %+v", n, len(update), message)
		}
	}
	for _, text := range []string{"B1234567", "C", "R\x00\x00\x00\x01public", "T\x00\x00\x00\x02\x00\x00\x00\x00\x01", "?", "I\x00\x00\x00\x01X"} {
		var p pgoutput.Parser
		if message, err := p.Parse([]byte(text)); err == nil {
			t.Errorf("%q is %+v", text, message)
		}
	}
}

// A damaged array or composite value is an error.
func TestDamagedValues(t *testing.T) {
	number := pgoutput.Builtin(20)
	array := &pgoutput.Type{Kind: pgoutput.Array, Element: number, Delimiter: ','}
	composite := &pgoutput.Type{Kind: pgoutput.Composite, Fields: []pgoutput.Field{{Name: "a", Type: number}, {Name: "b", Type: array}}}
	for text, kind := range map[string]*pgoutput.Type{
		"": array, "{": array, "{1": array, "{1}}": array, "1": array, "{{1}": array,
		"(": composite, "(1)": composite, "(1,{2}": composite, "(1,{2},3)": composite, "12": composite, `(1,{2`: composite,
		`x`: {Kind: pgoutput.Bytes},
	} {
		if json, err := kind.Append(nil, []byte(text)); err == nil {
			t.Errorf("%q becomes %s", text, json)
		}
	}
}

func TestLSN(t *testing.T) {
	for _, text := range []string{"0/0", "16/B374D848", "FFFFFFFF/1"} {
		if lsn, err := pgoutput.ParseLSN(text); err != nil || lsn.String() != text {
			t.Errorf("%s becomes %s, %v", text, lsn, err)
		}
	}
	if _, err := pgoutput.ParseLSN("here"); err == nil {
		t.Error("anything is an LSN")
	}
}

func TestTime(t *testing.T) {
	for _, at := range []time.Time{time.Date(2026, 11, 28, 1, 2, 3, 4000, time.UTC), time.Date(1999, 1, 1, 0, 0, 0, 999_999_000, time.UTC)} {
		if got := pgoutput.Time(pgoutput.Microseconds(at)); !got.Equal(at) {
			t.Errorf("%v becomes %v", at, got)
		}
	}
}

package mysql_test

import (
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/mysql"
)

// A text is what it was, whatever it means in SQL, and whatever the session's sql_mode makes of backslashes.
func TestLiterals(t *testing.T) {
	texts := []string{"", "'", "''", `\`, `\'`, `'); DROP TABLE results; -- `, `\'); DROP TABLE results; -- `, `"`, "?", "%s", "`",
		"\x00\x01\x1a\r\n\t", "ü水車🙂", `{"a":"\u0000\\"}`, " blanks ", "a\u2028b", "0x41", "NULL"}
	for _, mode := range []string{"STRICT_ALL_TABLES", "STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES", "STRICT_ALL_TABLES,ANSI_QUOTES"} {
		t.Run(mode, func(t *testing.T) {
			d := newDatabase(t)
			d.Exec("CREATE TABLE results (id BIGINT PRIMARY KEY, text TEXT, latin VARCHAR(200) CHARACTER SET latin1, raw BLOB)")
			input := memory.New(memory.Stream[relationtest.Order]("orders"))
			for i := range texts {
				d.Must(memory.Append(input, "orders", 0, relationtest.Order{ID: int64(i)}))
			}
			d.Must(input.End("orders"))
			write := func(o relationtest.Order) object {
				latin := texts[o.ID]
				if o.ID == 12 || o.ID == 15 {
					latin = `ü\` // what it has no signs for is refused
				}
				return object{"id": o.ID, "text": texts[o.ID], "latin": latin, "raw": []byte(texts[o.ID])}
			}
			mill, err := leat.New(write, quiet, leat.Name("literals"), leat.From(input),
				leat.To(mysql.New(d.url, modeOf(mode), mysql.Table[object]("results"))))
			d.Must(err)
			d.Must(mill.Run(t.Context()))
			rows := d.Query("SELECT id, text, latin, raw FROM results ORDER BY id")
			if len(rows) != len(texts) {
				t.Fatalf("there are %d rows, not %d", len(rows), len(texts))
			}
			for i, text := range texts {
				latin := text
				if i == 12 || i == 15 {
					latin = `ü\`
				}
				if row := rows[i]; row[1] != text || row[2] != latin || row[3] != text {
					t.Errorf("of %q there is %q", text, row[1:])
				}
			}
		})
	}
}

// modeOf has sessions use an sql_mode.
func modeOf(mode string) mysql.Option {
	return mysql.Configure(func(c *driver.Config) { c.Params["sql_mode"] = "'" + mode + "'" })
}

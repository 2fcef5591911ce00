package sqlite

import (
	"strings"
)

// Quote implements relation.Language.
func (d *database) Quote(name string) string { return identifier(name) }

func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// identifiers quotes names, with something before each and commas between them.
func identifiers(before string, names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = before + identifier(n)
	}
	return strings.Join(quoted, ", ")
}

// EqualNames implements relation.Language.
func (d *database) EqualNames(a, b string) bool { return strings.EqualFold(a, b) }

// RowValues implements relation.Language.
func (d *database) RowValues() bool { return true }

// LockRow implements relation.Language: a transaction has locked everything.
func (d *database) LockRow() string { return "" }

// InsertNew implements relation.Language.
func (d *database) InsertNew() string { return "INSERT OR IGNORE" }

// Replace implements relation.Language.
func (d *database) Replace(conflict, replaced []string) string {
	clause := "ON CONFLICT (" + identifiers("", conflict) + ") DO "
	if len(replaced) == 0 {
		return clause + "NOTHING"
	}
	set := make([]string, len(replaced))
	for i, name := range replaced {
		set[i] = identifier(name) + " = excluded." + identifier(name)
	}
	return clause + "UPDATE SET " + strings.Join(set, ", ")
}

// TypeFor implements relation.Language.
func (d *database) TypeFor(json []byte) string {
	switch json[0] {
	case '"':
		return "TEXT"
	case 't', 'f':
		return "BOOLEAN"
	case '{', '[':
		return "JSON"
	}
	return "NUMERIC"
}

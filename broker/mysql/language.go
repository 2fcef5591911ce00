package mysql

import "strings"

// Quote implements relation.Language.
func (d *database) Quote(name string) string { return identifier(name) }

func identifier(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func identifiers(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = identifier(n)
	}
	return strings.Join(quoted, ", ")
}

// quoted is a text as statements have it, where there are no parameters.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// accountName is an account as statements name it; account is as CURRENT_USER() has it: user@host.
func accountName(account string) string {
	at := strings.LastIndexByte(account, '@')
	if at < 0 {
		return quoted(account)
	}
	return quoted(account[:at]) + "@" + quoted(account[at+1:])
}

// EqualNames implements relation.Language.
func (d *database) EqualNames(a, b string) bool { return strings.EqualFold(a, b) }

// RowValues implements relation.Language: MySQL looks at all rows where rows are compared.
func (d *database) RowValues() bool { return false }

// LockRow implements relation.Language.
func (d *database) LockRow() string { return " FOR UPDATE" }

// InsertNew implements relation.Language.
func (d *database) InsertNew() string { return "INSERT IGNORE" }

// Replace implements relation.Language.
func (d *database) Replace(conflict, replaced []string) string {
	if len(replaced) == 0 {
		return "ON DUPLICATE KEY UPDATE " + identifier(conflict[0]) + " = " + identifier(conflict[0])
	}
	set := make([]string, len(replaced))
	for i, name := range replaced {
		set[i] = identifier(name) + " = VALUES(" + identifier(name) + ")"
	}
	return "ON DUPLICATE KEY UPDATE " + strings.Join(set, ", ")
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
	return "DECIMAL(38,10)"
}

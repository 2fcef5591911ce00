package ordered

import "strings"

// WithoutEnd returns a query without the semicolons and blanks at its end: it is read as part of other statements.
func WithoutEnd(query string) string { return strings.TrimRight(query, "; \t\r\n") }

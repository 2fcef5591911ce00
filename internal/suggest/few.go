package suggest

import (
	"fmt"
	"slices"
	"strings"
)

// few is how many candidates [Few] names.
const few = 10

// Few returns what [Name] does, and "; there are a, b" where the name is like none of the candidates, of which it names
// some: a database may have many tables.
func Few(name string, candidates []string) string {
	if meant := Name(name, candidates); meant != "" {
		return meant
	}
	sorted := slices.Sorted(slices.Values(candidates))
	switch n := len(sorted); {
	case n == 0:
		return "; there are none"
	case n == 1:
		return "; there is " + sorted[0]
	case n > few:
		return fmt.Sprintf("; there are %s and %d more", strings.Join(sorted[:few], ", "), n-few)
	}
	return "; there are " + strings.Join(sorted, ", ")
}

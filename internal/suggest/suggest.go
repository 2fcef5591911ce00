// Package suggest finds the name that a misspelt one is most likely meant to be.
package suggest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/listing"
)

// Name returns ", did you mean x?" for the candidate that name is most likely a misspelling of, or nothing.
func Name(name string, candidates []string) string {
	if best := Nearest(name, candidates); best != "" {
		return fmt.Sprintf(", did you mean %s?", best)
	}
	return ""
}

// Among returns what [Name] does, and ", but a, b" where the name is like none of the candidates.
func Among(name string, candidates []string) string {
	if meant := Name(name, candidates); meant != "" {
		return meant
	}
	return ", but " + strings.Join(candidates, ", ")
}

// Nearest returns the candidate that name is most likely a misspelling of, or nothing.
func Nearest(name string, candidates []string) string {
	best := nearest(name, candidates, len([]rune(name))/3+1, editDistance)
	if editDistance(strings.ToLower(name), strings.ToLower(best)) >= max(len([]rune(name)), len([]rune(best))) {
		return "" // they have nothing in common
	}
	return best
}

// nearest returns the candidate at the least distance, which is furthest at most; nothing if there is none.
func nearest(name string, candidates []string, furthest int, distance func(a, b string) int) string {
	best, closest := "", furthest+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < closest {
			best, closest = candidate, d
		}
	}
	return best
}

// File returns "; there is x, is it meant?" for the file beside path, which isn't there, that it is most likely a
// misspelling of, or nothing.
func File(path string) string {
	dir, name := filepath.Split(path)
	dir = filepath.Clean(dir)     // "." where there is none
	entries, _ := listing.Of(dir) // what can't be listed has no suggestion
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	// An ending that two names share says nothing.
	best := nearest(name, names, len(stem(name))/3, fileDistance)
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; there is %s, is it meant?", filepath.Join(dir, best))
}

// fileDistance is small for names of files that are easily mixed up: few letters differ, or only what follows the first
// dot.
func fileDistance(a, b string) int {
	if stem(a) == stem(b) && stem(a) != "" {
		return 0
	}
	return editDistance(a, b)
}

// stem is what a name has before its first dot.
func stem(name string) string {
	before, _, _ := strings.Cut(name, ".")
	return before
}

// editDistance counts the characters to insert, delete, replace, or swap with their neighbour, to get from a to b.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

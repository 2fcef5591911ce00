package main

import (
	"regexp"
	"strconv"
	"strings"
)

// shown returns the lines that a terminal shows after a text was written to it, without those that are empty at its
// end. It knows what the command uses: lines, and the cursor moved up with all below erased.
func shown(text string) []string {
	lines, at := []string{""}, 0
	tokens := regexp.MustCompile(`\x1b\[(\d+)A|\x1b\[J|\r|\n|[^\x1b\r\n]+|\x1b`).FindAllStringSubmatch(text, -1)
	for _, token := range tokens {
		switch {
		case token[1] != "":
			up, _ := strconv.Atoi(token[1])
			at = max(0, at-up)
		case token[0] == "\x1b[J":
			lines = append(lines[:at:at], "")
		case token[0] == "\n":
			if at++; at == len(lines) {
				lines = append(lines, "")
			}
		case token[0] == "\r":
		default:
			lines[at] += token[0]
		}
	}
	return strings.Split(strings.TrimRight(strings.Join(lines, "\n"), "\n"), "\n")
}

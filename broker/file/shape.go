package file

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A shape is how rotated files are named: their names differ in numbers only, behind what they have of the followed
// file's name. A number there is none of a rotation: robot-8.jsonl.1 has come behind no file of robot-7.jsonl.
type shape struct {
	// stem is what the name begins with, as that of the followed file.
	stem string
	// text is the rest with each digit as 0; with a counter, which may have any length, without its digits.
	text string
	// counts says that the only number is a counter, which grows with the files' age: a.jsonl.1 is younger than a.jsonl.2.
	// Others are dates and times, which grow with each rotation.
	counts bool
}

// maxCounter is how many digits a counter of rotations has at most; years have four.
const maxCounter = 3

// stemOf returns what the names of a followed file's rotations begin with: its own without what follows the last dot.
func stemOf(path string) string {
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// shapeOf returns the shape of a name that begins with a stem; the zero value, which is no file's, for others.
func shapeOf(stem, name string) shape {
	rest, isNamedAfter := strings.CutPrefix(name, stem)
	if !isNamedAfter {
		return shape{}
	}
	begin, end := lastNumber(rest)
	if begin < end && end-begin <= maxCounter && !strings.ContainsFunc(rest[:begin], isDigit) {
		return shape{stem, rest[:begin] + "0" + rest[end:], true}
	}
	zero := func(r rune) rune {
		if isDigit(r) {
			return '0'
		}
		return r
	}
	return shape{stem, strings.Map(zero, rest), false}
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// lastNumber returns where the last number in a name begins and ends.
func lastNumber(name string) (begin, end int) {
	end = strings.LastIndexFunc(name, isDigit) + 1
	begin = end
	for begin > 0 && isDigit(rune(name[begin-1])) {
		begin--
	}
	return begin, end
}

// number returns the counter of a name that has one.
func number(name string) int {
	begin, end := lastNumber(name)
	n, _ := strconv.Atoi(name[begin:end]) // of up to three digits
	return n
}

// isBehind reports whether a file has come behind another one, whose shape s is.
func (s shape) isBehind(name, other string) bool {
	switch {
	case shapeOf(s.stem, name) != s:
		return false
	case s.counts:
		return number(name) < number(other)
	}
	return name > other
}

// checkWhole returns an error where one is missing among the files that came behind a rotated one.
func (s shape) checkWhole(rotated string, names []string) error {
	if !s.counts {
		return nil // of dates nobody knows which there were
	}
	last := 1
	if len(names) > 0 && number(names[len(names)-1]) == 0 {
		last = 0
	}
	for n := number(rotated) - 1; n >= last; n-- {
		if !slices.ContainsFunc(names, func(name string) bool { return number(name) == n }) {
			return fmt.Errorf("the file with the number %d, which came behind it, is gone, and what it held is lost", n)
		}
	}
	return nil
}

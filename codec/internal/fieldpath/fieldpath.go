// Package fieldpath builds the paths by which a codec's errors name a field, as "pose.x" or "tags[3]".
package fieldpath

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxSteps bounds the length of a path: values may nest as deep as a record is long.
const maxSteps = 32

// A Path leads from an element to a value within it. Nil is the element itself, so that a walk begins without a Path.
type Path struct {
	outer *Path
	name  string
	index int
	list  bool
}

// Member returns the path of a member of the object at p.
func (p *Path) Member(name string) *Path { return &Path{outer: p, name: name} }

// Item returns the path of an item of the list at p; of each of them where the index is negative.
func (p *Path) Item(index int) *Path { return &Path{outer: p, index: index, list: true} }

// String returns the path as text; of one that is very long, the beginning.
func (p *Path) String() (path string) {
	var steps []*Path
	for ; p != nil; p = p.outer {
		steps = append(steps, p)
	}
	slices.Reverse(steps)
	for i, step := range steps {
		switch {
		case i == maxSteps:
			return path + "…"
		case step.list && step.index < 0:
			path += "[]"
		case step.list:
			path += "[" + strconv.Itoa(step.index) + "]"
		default:
			path = Join(path, step.name)
		}
	}
	return path
}

// Join returns the path of a member of the object at path. A name that a dot wouldn't set apart stands in brackets.
func Join(path, name string) string {
	switch {
	case name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}):
		return path + "[" + strconv.Quote(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

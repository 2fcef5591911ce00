package leat

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// A place is a line in a source file. The zero place is unknown.
type place struct {
	file string
	line int
}

// caller returns where the function that calls it was called.
func caller() place {
	_, file, line, _ := runtime.Caller(2)
	return place{file, line}
}

// String returns "file:line", with the file relative to the working directory where it lies in it.
func (p place) String() string {
	if p.file == "" {
		return "unknown place"
	}
	file := filepath.FromSlash(p.file)
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
			file = rel
		}
	}
	return fmt.Sprintf("%s:%d", file, p.line)
}

// suffix returns the place in parentheses behind a space; nothing where it is unknown.
func (p place) suffix() string {
	if p.file == "" {
		return ""
	}
	return " (" + p.String() + ")"
}

// functionPlace returns the name of a function as "package.name", and where it begins.
func functionPlace(fn reflect.Value) (name string, at place) {
	f := runtime.FuncForPC(fn.Pointer())
	if f == nil {
		return "function", place{}
	}
	name = f.Name()
	name = name[strings.LastIndexByte(name, '/')+1:]
	name = strings.ReplaceAll(strings.TrimSuffix(name, "-fm"), "[...]", "")
	// The linker stores dots of a package's last path element escaped.
	name = strings.ReplaceAll(name, "%2e", ".")
	file, line := f.FileLine(f.Entry())
	if file == "" || strings.HasPrefix(file, "<") { // a method value's wrapper
		return name, place{}
	}
	return name, place{file, line}
}

// keyPlace describes a key function in a plan and in errors.
func keyPlace(fn any) string {
	name, at := functionPlace(reflect.ValueOf(fn))
	if at == (place{}) {
		return name
	}
	return at.String()
}

// millName returns the mill's name for a function that is called name.
func millName(name string) string {
	_, name, _ = strings.Cut(name, ".")
	return strings.NewReplacer("(", "", ")", "", "*", "").Replace(name)
}

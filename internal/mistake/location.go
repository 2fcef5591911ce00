package mistake

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// A Location is a line in a source file. The zero Location is unknown.
type Location struct {
	File string
	Line int
}

// Caller returns where a function was called: 0 stands for the one that calls Caller, 1 for the one that has called
// that.
func Caller(skip int) Location {
	_, file, line, _ := runtime.Caller(skip + 2)
	return Location{file, line}
}

// String returns "file:line", with the file relative to the working directory where it lies in it.
func (p Location) String() string {
	if p.File == "" {
		return "unknown location"
	}
	file := filepath.FromSlash(p.File)
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
			file = rel
		}
	}
	return fmt.Sprintf("%s:%d", file, p.Line)
}

// Suffix returns the location in parentheses behind a space; nothing where it is unknown.
func (p Location) Suffix() string {
	if p.File == "" {
		return ""
	}
	return " (" + p.String() + ")"
}

// Function returns the name of a function as "package.name", and where it begins.
func Function(fn reflect.Value) (name string, at Location) {
	f := runtime.FuncForPC(fn.Pointer())
	if f == nil {
		return "function", Location{}
	}
	name = f.Name()
	name = name[strings.LastIndexByte(name, '/')+1:]
	name = strings.ReplaceAll(strings.TrimSuffix(name, "-fm"), "[...]", "")
	// The linker stores dots of a package's last path element escaped.
	name = strings.ReplaceAll(name, "%2e", ".")
	file, line := f.FileLine(f.Entry())
	if file == "" || strings.HasPrefix(file, "<") { // a method value's wrapper
		return name, Location{}
	}
	return name, Location{file, line}
}

// KeyFunction describes a key function in a plan and in errors: by its location, or by its name where that is unknown.
func KeyFunction(fn any) string {
	name, at := Function(reflect.ValueOf(fn))
	if at == (Location{}) {
		return name
	}
	return at.String()
}

// Above returns the function, file and line that has called a function which is on the stack, such as runtime.gopanic:
// of the functions above it the first whose name doesn't begin with skip. found says that the function is there.
func Above(function, skip string) (where string, found bool) {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for {
		frame, more := frames.Next()
		if found && !strings.HasPrefix(frame.Function, skip) {
			return fmt.Sprintf("%s %s:%d", frame.Function, frame.File, frame.Line), true
		}
		found = found || frame.Function == function
		if !more {
			return Location{}.String(), found
		}
	}
}

// PanicLocation returns the function, file and line of a panic. REQUIRES: the caller has been deferred, and recovers.
func PanicLocation() string {
	where, _ := Above("runtime.gopanic", "runtime.")
	return where
}

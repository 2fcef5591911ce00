package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

// A usageError says what is wrong with the arguments.
type usageError struct{ err error }

// Error returns the cause's message.
func (e *usageError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *usageError) Unwrap() error { return e.err }

// newParser returns what reads the arguments.
func (a *app) newParser() (*kong.Kong, error) {
	return kong.New(&commands{},
		kong.Name("leat"),
		kong.Description("Leat joins ordered data streams. FILE is a pipeline file in YAML."),
		kong.Writers(a.stdout, a.stderr),
		kong.Vars{"version": version()},
	)
}

// misused says what is wrong with arguments that the parser doesn't take, and returns the exit status.
func (a *app) misused(err error) int {
	message, help, about := err.Error(), "leat help", "what there is"
	missing, isMissing := strings.CutPrefix(message, "expected ")
	if isMissing {
		message = missing + " is missing"
	}
	if wrong, ok := errors.AsType[*kong.ParseError](err); ok {
		command := selected(wrong.Context)
		if isMissing && len(command.Children) > 0 {
			message = "a command is missing: there are " + commandList(command)
		}
		if file, ok := strings.CutPrefix(message, "unexpected argument "); ok && command.Parent == nil && isFile(file) {
			message = fmt.Sprintf("a command is missing: leat run %s runs the file", file)
		}
		// FullPath begins with the program's name.
		if _, path, ok := strings.Cut(command.FullPath(), " "); ok {
			help, about = help+" "+path, "how it is called"
		}
	}
	fmt.Fprintf(a.stderr, "leat: %s\nRun %q to see %s.\n", message, help, about)
	return statusWrong
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// commandList names the commands below one.
func commandList(parent *kong.Node) string {
	var names []string
	for _, child := range parent.Children {
		if !child.Hidden {
			names = append(names, child.Name)
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// selected returns the command, or group of commands, that arguments have come to.
func selected(ctx *kong.Context) *kong.Node {
	for i := len(ctx.Path) - 1; i >= 0; i-- {
		if command := ctx.Path[i].Command; command != nil {
			return command
		}
	}
	return ctx.Model.Node
}

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command, as run or topic load; all commands if left out."`
}

// Run explains a command, or says which there are.
func (c *helpCommand) Run(parser *kong.Kong) error {
	about, err := kong.Trace(parser, c.Command)
	if err == nil {
		err = about.Error
	}
	if err != nil {
		return &usageError{fmt.Errorf("there is no help about it: %w", err)}
	}
	return about.PrintUsage(false)
}

// version says which build of the command this is.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return versionOf(info)
}

// versionOf names the module's version, the commit where the build knows it, and the Go that it was built with.
func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	name := info.Main.Version
	if name == "" {
		name = "(unknown version)"
	}
	built := fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if revision := settings["vcs.revision"]; revision != "" {
		if settings["vcs.modified"] == "true" {
			revision += " with changes"
		}
		built = "commit " + revision + ", " + built
	}
	return fmt.Sprintf("leat %s (%s)", name, built)
}

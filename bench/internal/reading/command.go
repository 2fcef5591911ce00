package reading

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/bench/internal/process"
)

// A Format is what a command measures the reading of.
type Format struct {
	// Name is the command's, and how its files' names end.
	Name string
	// Heading is what the files differ in.
	Heading string
	Files   []File
}

// A File is one of them, which Generate writes.
type File struct {
	Name     string
	Generate func(path string, rows int) error
	// Widths are what is read of it.
	Widths []Width
}

// A Width is how many columns are read, and the programs that read them.
type Width struct {
	Columns                 string
	Elements, Objects, Loop Read
}

// Read reads a file.
type Read func(path string, s *Summary) error

// Programs are the names of what reads a file.
var Programs = []string{"elements", "objects", "loop"}

// Of returns the program of a name; nil where there is none.
func (w *Width) Of(program string) Read {
	return map[string]Read{"elements": w.Elements, "objects": w.Objects, "loop": w.Loop}[program]
}

// partCommand is the first argument of a process that does one part: part PROGRAM FILE COLUMNS PATH EXTRA, where the last is the
// path of a profile, or how many rows there are.
const partCommand = "part"

// A command is what the flags say.
type command struct {
	*Format
	folder, profile, file, columns string
	programs                       []string
	rounds, rows                   int
}

// Run runs the command with its arguments.
func (f *Format) Run(ctx context.Context, args []string) (err error) {
	if len(args) == 6 && args[0] == partCommand {
		return f.part(args[1], args[2], args[3], args[4], args[5])
	}
	c := command{Format: f}
	flags := flag.NewFlagSet(f.Name, flag.ContinueOnError)
	flags.StringVar(&c.file, strings.ToLower(f.Heading), "", "only one: "+strings.Join(names(f.Files), ", "))
	flags.StringVar(&c.columns, "columns", "", "only so many columns")
	programs := flags.String("programs", strings.Join(Programs, ","), "which programs")
	flags.IntVar(&c.rounds, "rounds", 5, "how often")
	flags.IntVar(&c.rows, "rows", 1_000_000, "how many rows a file has")
	flags.StringVar(&c.profile, "profile", "", "write CPU profiles to files of this name")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c.programs = strings.Split(*programs, ",")
	for _, p := range c.programs {
		if !slices.Contains(Programs, p) {
			return fmt.Errorf("%q is none of %s", p, strings.Join(Programs, ", "))
		}
	}
	if c.folder, err = os.MkdirTemp("", "leat-"+f.Name+"-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	fmt.Printf("| %s | columns | program | wall | it ÷ elements | CPU | its CPU ÷ elements' | peak memory |\n"+
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n", f.Heading)
	return c.measureAll(ctx)
}

func names(files []File) (all []string) {
	for _, f := range files {
		all = append(all, f.Name)
	}
	return all
}

func (c *command) measureAll(ctx context.Context) error {
	measured := false
	for _, file := range c.Files {
		for _, width := range file.Widths {
			if c.file != "" && c.file != file.Name || c.columns != "" && c.columns != width.Columns {
				continue
			}
			measured = true
			if err := c.measure(ctx, file.Name, width.Columns); err != nil {
				return fmt.Errorf("%s, %s columns: %w", file.Name, width.Columns, err)
			}
		}
	}
	if !measured {
		return fmt.Errorf("there is no file %q of which %q columns are read", c.file, c.columns)
	}
	return nil
}

// measure reads a file by all programs, in turn, and prints a line for each.
func (c *command) measure(ctx context.Context, file, columns string) error {
	path := filepath.Join(c.folder, file+"."+c.Name)
	if _, err := os.Stat(path); err != nil {
		if _, _, err := c.run(ctx, generating, file, columns, path, strconv.Itoa(c.rows)); err != nil {
			return err
		}
	}
	var all []process.Found
	for _, program := range c.programs {
		_, sum, err := c.run(ctx, program, file, columns, path, checked)
		if err != nil {
			return err
		}
		all = append(all, process.Found{Program: program, Results: sum})
	}
	if err := process.Same(all); err != nil {
		return err
	}
	costs, err := process.InTurn(c.programs, c.rounds, func(program string) (process.Cost, string, error) {
		profile := ""
		if c.profile != "" {
			profile = c.profile + "." + program
		}
		return c.run(ctx, program, file, columns, path, profile)
	}, process.Same)
	if err != nil {
		return err
	}
	for _, program := range c.programs {
		cells := process.Cells(costs[program], costs["elements"])
		fmt.Printf("| %s | %s | %s | %s |\n", file, columns, program, strings.Join(cells, " | "))
	}
	return nil
}

// run runs a part in a process of its own, and returns what it took and printed.
func (c *command) run(ctx context.Context, program, file, columns, path, extra string) (process.Cost, string, error) {
	return process.Output(ctx, []string{os.Args[0], partCommand, program, file, columns, path, extra})
}

const (
	// generating is the program that makes a file.
	generating = "generate"
	// checked is the extra argument of a process that sums up what it reads, which is not measured; others only count.
	checked = "check"
)

// part is what such a process does.
func (f *Format) part(program, file, columns, path, extra string) error {
	at := slices.IndexFunc(f.Files, func(f File) bool { return f.Name == file })
	if at < 0 {
		return fmt.Errorf("there is no file %q", file)
	}
	if program == generating {
		rows, err := strconv.Atoi(extra)
		if err != nil {
			return err
		}
		return f.Files[at].Generate(path, rows)
	}
	widths := f.Files[at].Widths
	width := slices.IndexFunc(widths, func(w Width) bool { return w.Columns == columns })
	if width < 0 || widths[width].Of(program) == nil {
		return fmt.Errorf("there is no program %q that reads %q columns", program, columns)
	}
	check := extra == checked
	if check {
		extra = ""
	}
	return process.Profile(extra, func() error {
		s := Summary{Deep: check}
		if err := widths[width].Of(program)(path, &s); err != nil {
			return err
		}
		fmt.Printf("%d rows, sum %x", s.Rows, s.Sum)
		return nil
	})
}

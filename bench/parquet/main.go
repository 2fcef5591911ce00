// Command parquet measures how fast the elements of a Parquet file are read, by Leat and by a loop over parquet-go's ReadRows
// that sets the same structs:
//
//	go run ./parquet                               files with Zstandard and uncompressed, all columns and two of eight
//	go run ./parquet -compression zstd -columns 2 -rounds 1
//	go run ./parquet -profile cpu.out              CPU profiles of Leat's programs: cpu.out.elements, cpu.out.objects
//
// "elements" are structs that are read as a mill in Go reads them, "objects" the JSON objects that pipeline files read. Each
// program runs in a process of its own, in turn, and all must read the same. Beside what a program took stands the ratio
// to Leat's elements within a round: above one where those are read faster.
package main

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

func main() { os.Exit(process.Main("parquet", run)) }

// partCommand is the first argument of a process that does one part: part PROGRAM COLUMNS FILE EXTRA, where the last is the
// path of a profile, or how many rows there are.
const partCommand = "part"

var (
	programs     = []string{"elements", "objects", "loop"}
	compressions = []string{"zstd", "none"}
	columns      = []string{"8", "2"}
)

// A command is what the flags say.
type command struct {
	folder, profile string
	rounds, rows    int
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 5 && args[0] == partCommand {
		return part(args[1], args[2], args[3], args[4])
	}
	c := command{}
	flags := flag.NewFlagSet("parquet", flag.ContinueOnError)
	compression := flags.String("compression", "", "only zstd, or none")
	width := flags.String("columns", "", "only 8 columns, or 2 of them")
	flags.IntVar(&c.rounds, "rounds", 5, "how often")
	flags.IntVar(&c.rows, "rows", 1_000_000, "how many rows a file has")
	flags.StringVar(&c.profile, "profile", "", "write CPU profiles of Leat to files of this name")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosenCompressions, err := choose(*compression, compressions)
	if err != nil {
		return err
	}
	chosenColumns, err := choose(*width, columns)
	if err != nil {
		return err
	}
	if c.folder, err = os.MkdirTemp("", "leat-parquet-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	fmt.Println("| compression | columns | program | wall | it ÷ elements | CPU | its CPU ÷ elements' | peak memory |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, compression := range chosenCompressions {
		for _, width := range chosenColumns {
			if err := c.measure(ctx, compression, width); err != nil {
				return fmt.Errorf("%s, %s columns: %w", compression, width, err)
			}
		}
	}
	return nil
}

// choose returns what was asked for, all where that is empty.
func choose(asked string, all []string) ([]string, error) {
	switch {
	case asked == "":
		return all, nil
	case slices.Contains(all, asked):
		return []string{asked}, nil
	}
	return nil, fmt.Errorf("%q is none of %s", asked, strings.Join(all, ", "))
}

// measure reads a file by all programs, in turn, and prints a line for each.
func (c *command) measure(ctx context.Context, compression, width string) error {
	path := filepath.Join(c.folder, compression+".parquet")
	if _, err := os.Stat(path); err != nil {
		if _, _, err := c.part(ctx, "generate", compression, path, strconv.Itoa(c.rows)); err != nil {
			return err
		}
	}
	var all []process.Found
	for _, program := range programs {
		_, sum, err := c.part(ctx, program, width, path, checked)
		if err != nil {
			return err
		}
		all = append(all, process.Found{Program: program, Results: sum})
	}
	if err := process.Same(all); err != nil {
		return err
	}
	costs, err := process.InTurn(programs, c.rounds, func(program string) (process.Cost, string, error) {
		profile := ""
		if c.profile != "" && program != "loop" {
			profile = c.profile + "." + program
		}
		return c.part(ctx, program, width, path, profile)
	}, process.Same)
	if err != nil {
		return err
	}
	for _, program := range programs {
		cells := process.Cells(costs[program], costs["elements"])
		fmt.Printf("| %s | %s | %s | %s |\n", compression, width, program, strings.Join(cells, " | "))
	}
	return nil
}

// part runs a part in a process of its own, and returns what it took and printed.
func (c *command) part(ctx context.Context, program, width, path, extra string) (process.Cost, string, error) {
	return process.Output(ctx, []string{os.Args[0], partCommand, program, width, path, extra})
}

// checked is the extra argument of a process that sums up what it reads, which is not measured; others only count.
const checked = "check"

// part is what such a process does.
func part(program, width, path, extra string) error {
	if program == "generate" {
		rows, err := strconv.Atoi(extra)
		if err != nil {
			return err
		}
		return generate(width, path, rows)
	}
	read := readers(width)[program]
	if read == nil {
		return fmt.Errorf("there is no program %q", program)
	}
	check := extra == checked
	if check {
		extra = ""
	}
	return process.Profile(extra, func() error {
		s := summary{deep: check}
		if err := read(path, &s); err != nil {
			return err
		}
		fmt.Printf("%d rows, sum %x", s.rows, s.sum)
		return nil
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Everything that takes memory runs in a process of its own, also what isn't measured: on Linux, the peak of a process is
// never less than that of the one that started it.

// runPart is what those processes do.
func runPart(args []string) error {
	switch {
	case args[0] == "run" && len(args) == 5:
		return runOne(args[1], args[2], args[3], args[4])
	case args[0] == "generate" && len(args) == 4:
		return generateOne(args[1], args[2], args[3])
	case args[0] == "compare" && len(args) == 3:
		return sameElements(args[1], args[2])
	}
	return errors.New("usage: bench run PROGRAM WORKLOAD FOLDER OUTPUT, bench generate WORKLOAD FOLDER ELEMENTS, " +
		"or bench compare FILE FILE")
}

func runOne(program, name, dir, out string) error {
	w, err := findWorkload(name)
	if err != nil {
		return err
	}
	switch program {
	case "leat":
		return w.leat(dir, out)
	case "loop":
		return w.loop(dir, out)
	}
	return fmt.Errorf("no program %q: there are leat and loop", program)
}

// generateOne generates the files of a workload and prints how many elements they have.
func generateOne(name, dir, elements string) error {
	w, err := findWorkload(name)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(elements)
	if err != nil {
		return err
	}
	if n, err = w.generate(dir, n); err != nil {
		return err
	}
	_, err = fmt.Println(n)
	return err
}

// generate runs bench generate.
func generate(ctx context.Context, self string, w workload, dir string, elements int) (int, error) {
	command := exec.CommandContext(ctx, self, "generate", w.name, dir, strconv.Itoa(elements))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return 0, fmt.Errorf("generating the files of %s: %w", w.name, err)
	}
	return strconv.Atoi(strings.TrimSpace(string(out)))
}

// compare runs bench compare.
func compare(ctx context.Context, self, a, b string) error {
	command := exec.CommandContext(ctx, self, "compare", a, b)
	command.Stderr = os.Stderr
	return command.Run()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
)

// Everything that takes memory runs in a process of its own, also what isn't measured: on Linux, the peak of a process
// is never less than that of the one that started it.

// What a part is told about the order of the results that it looks at.
const (
	ordered   = "ordered"
	unordered = "unordered"
)

// runPart is what those processes do.
func runPart(args []string) error {
	switch {
	case args[0] == "run" && len(args) == 6:
		return runOne(args[1], args[2], endpoints{kafka: kafkaOf(args[3]), in: args[4], out: args[5]})
	case args[0] == "instance" && len(args) == 5:
		return runInstance(args[1], endpoints{kafka: args[2], in: args[3], out: args[4]}, os.Stdin, os.Stdout)
	case args[0] == "generate" && len(args) == 5:
		return generateOne(args[1], endpoints{kafka: kafkaOf(args[2]), in: args[3]}, args[4])
	case args[0] == "compare" && len(args) == 4 && args[3] == unordered:
		return sameInAnyOrder(args[1], args[2])
	case args[0] == "compare" && len(args) == 4:
		return sameElements(args[1], args[2])
	case args[0] == "check" && len(args) == 6:
		return checkOne(args[1], endpoints{kafka: args[2], out: args[3]}, args[4], args[5] != unordered)
	}
	return errors.New("usage: bench run PROGRAM WORKLOAD WHERE IN OUT, bench instance NAME KAFKA IN OUT, " +
		"bench generate WORKLOAD WHERE IN ELEMENTS, bench compare FILE FILE ordered|unordered, " +
		"or bench check WORKLOAD KAFKA TOPIC ELEMENTS ordered|unordered")
}

// onFiles stands for the address of a Kafka where there is none.
const onFiles = "files"

func kafkaOf(argument string) string { return strings.TrimPrefix(argument, onFiles) }

// arguments returns the endpoints as arguments of a program.
func (p endpoints) arguments() []string {
	where := p.kafka
	if where == "" {
		where = onFiles
	}
	return []string{where, p.in, p.out}
}

func runOne(program, name string, at endpoints) error {
	w, err := findWorkload(name)
	if err != nil {
		return err
	}
	programs := goPrograms()
	if run := programs[program]; run != nil {
		return run(w, at)
	}
	return fmt.Errorf("no program %q: there are %s", program, strings.Join(slices.Sorted(maps.Keys(programs)), ", "))
}

// generateOne makes the inputs of a workload and prints how many elements they have.
func generateOne(name string, at endpoints, elements string) error {
	w, err := findWorkload(name)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(elements)
	if err != nil {
		return err
	}
	if at.kafka != "" {
		err = generateTopics(w, at, n)
	} else {
		_, err = generateFiles(w, at.in, n)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Println(w.elements(n))
	return err
}

// checkOne compares the results in a topic with the definition, and prints the offset of the last.
func checkOne(name string, at endpoints, elements string, ordered bool) error {
	w, err := findWorkload(name)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(elements)
	if err != nil {
		return err
	}
	last := int64(-1)
	if _, err := w.check(n, kafkatopic.Committed(at.kafka, at.out, &last), ordered); err != nil {
		return err
	}
	_, err = fmt.Println(last)
	return err
}

// generate runs bench generate.
func generate(ctx context.Context, self string, w workload, at endpoints, elements int) (int, error) {
	args := append([]string{"generate", w.name}, at.arguments()[:2]...)
	n, err := part(ctx, self, append(args, strconv.Itoa(elements))...)
	if err != nil {
		return 0, fmt.Errorf("generating the inputs of %s: %w", w.name, err)
	}
	return n, nil
}

// compare runs bench compare.
func compare(ctx context.Context, self, a, b, order string) error {
	command := exec.CommandContext(ctx, self, "compare", a, b, order)
	command.Stderr = os.Stderr
	return command.Run()
}

// part runs a part that prints a number.
func part(ctx context.Context, self string, args ...string) (int, error) {
	command := exec.CommandContext(ctx, self, args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(out)))
}

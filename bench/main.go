// Command bench measures Leat against other programs that do the same work on the same JSON files or Kafka topics, and
// prints Markdown tables. Run it in its folder:
//
//	go run .                                    everything, in some twenty minutes
//	go run . -on files -rounds 5                only files, five rounds
//	go run . -on kafka -programs leat,franz-tx  only Kafka, and only two programs
//	go run . -workload W1 -profile cpu.out      a CPU profile of Leat on files
//	go run . -workload W1 -profile cpu.out -on kafka
//	go run . -latency                           from element to result on Kafka, at 1,000 elements/s
//	go run . -grow                              Leat on Kafka with more partitions and more instances
//	go run . -scale                             1,000 partitions in one instance and in 100, and kills
//	go run . -soak 10m -rate 5000               Leat's memory on Kafka over ten minutes
//	go run . -memory                            the peak memory of a join over a file of 1 GiB
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	// Also where nobody reads the output any more: the Kafka that was started must not go on alone.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A command holds the flags.
type command struct {
	self                     string
	on                       string
	elements, kafka, streams int
	rounds, slowRounds       int
	workload, programs       string
	memory                   bool
	profile                  string
	latency, grow, scale     bool
	partitions               int
	instances                []int
	soakTime                 time.Duration
	rate                     int
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return runPart(args)
	}
	var c command
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.StringVar(&c.on, "on", "", "the only storage to measure: `files` or kafka")
	flags.IntVar(&c.elements, "elements", 1_000_000, "`number` of elements of a workload in files")
	flags.IntVar(&c.kafka, "kafka-elements", 3_000_000, "`number` of elements of a workload on Kafka")
	flags.IntVar(&c.streams, "streams-elements", 600_000, "`number` of elements of a workload for Kafka Streams")
	flags.IntVar(&c.rounds, "rounds", 3, "`number` of runs of each program")
	flags.IntVar(&c.slowRounds, "slow-rounds", 2, "`number` of runs of Kafka Streams and the Python package, if less")
	flags.StringVar(&c.workload, "workload", "", "the only workload to run: `W1`, W2, W3, W4 or TPC-H")
	flags.StringVar(&c.programs, "programs", "", "the only programs to run, such as `leat,loop`; ratios are to the first")
	flags.BoolVar(&c.memory, "memory", false, "measure peak memory on a file of 1 GiB instead")
	flags.StringVar(&c.profile, "profile", "", "write a CPU profile of one run of Leat to this `file` instead")
	flags.BoolVar(&c.latency, "latency", false, "measure the latency on Kafka instead")
	flags.BoolVar(&c.grow, "grow", false, "measure Leat on Kafka with more partitions and more instances instead")
	flags.BoolVar(&c.scale, "scale", false, "measure many partitions in one instance and in many, and kills, instead")
	flags.IntVar(&c.partitions, "partitions", 1000, "`number` of partitions for -scale")
	c.instances = []int{1, 100}
	flags.Func("instances", "`numbers` of instances for -scale (default 1,100)", func(list string) (err error) {
		c.instances, err = numbers(list)
		return err
	})
	flags.DurationVar(&c.soakTime, "soak", 0, "feed Leat on Kafka for this `time` instead and watch its memory")
	flags.IntVar(&c.rate, "rate", 1000, "`number` of elements a second for -latency, -scale and -soak")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := c.check(flags); err != nil {
		return err
	}
	return c.run(ctx)
}

func (c *command) check(flags *flag.FlagSet) (err error) {
	if min(c.elements, c.kafka, c.streams) < 100 || min(c.rounds, c.slowRounds, c.partitions,
		c.rate) < 1 || flags.NArg() > 0 {
		return errors.New("there must be at least 100 elements, one round, one partition, one element a second, " +
			"and only flags")
	}
	if !slices.Contains([]string{"", "files", "kafka"}, c.on) {
		return fmt.Errorf("-on %s: there are files and kafka", c.on)
	}
	c.self, err = os.Executable()
	return err
}

func (c *command) run(ctx context.Context) error {
	switch {
	case c.memory:
		return measureMemory(ctx, c.self)
	case c.latency:
		return withCluster(ctx, c.self, func(k *cluster) error { return c.measureLatency(ctx, k) })
	case c.grow:
		return withCluster(ctx, c.self, func(k *cluster) error { return c.measureGrowth(ctx, k) })
	case c.scale:
		return withCluster(ctx, c.self, func(k *cluster) error { return c.measureScale(ctx, k) })
	case c.soakTime > 0:
		return withCluster(ctx, c.self, func(k *cluster) error { return c.soak(ctx, k) })
	case c.profile != "" && c.on == "kafka":
		return withCluster(ctx, c.self, func(k *cluster) error { return c.profileOnKafka(ctx, k) })
	case c.profile != "":
		return c.profileOnFiles(ctx)
	}
	return c.compareAll(ctx)
}

// compareAll runs all comparisons that the flags ask for. A part that fails doesn't keep the others from being
// measured, and of a part that fails or is interrupted there is a table of what it has.
func (c *command) compareAll(ctx context.Context) (err error) {
	fmt.Printf("%s, %s/%s, %d cores, %s\n", time.Now().Format("2 January 2006"), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(),
		runtime.Version())
	if c.on != "kafka" {
		fmt.Print("\n### Files\n\n")
		err = c.compareOnFiles(ctx)
	}
	if c.on == "files" || ctx.Err() != nil {
		return err
	}
	return errors.Join(err, withCluster(ctx, c.self, func(k *cluster) error {
		fmt.Print("\n### Kafka\n\n")
		err := c.compareOnKafka(ctx, k)
		if c.workload != "" || c.programs != "" || ctx.Err() != nil {
			return err
		}
		fmt.Print("\n### Latency\n\n")
		return errors.Join(err, c.measureLatency(ctx, k))
	}))
}

// numbers returns the numbers in a list such as "1,100".
func numbers(list string) (all []int, err error) {
	for item := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(item)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number above zero", item)
		}
		all = append(all, n)
	}
	return all, nil
}

// plan returns what the flags ask for, for programs yet to be chosen.
func (c *command) plan(elements int, defaults ...string) (plan, error) {
	p := plan{self: c.self, elements: elements, rounds: c.rounds}
	names := defaults
	if c.workload != "" {
		names = []string{c.workload}
	}
	for _, name := range names {
		w, err := findWorkload(name)
		if err != nil {
			return p, err
		}
		p.workloads = append(p.workloads, w)
	}
	return p, nil
}

// compareOnFiles measures on files and prints the table.
func (c *command) compareOnFiles(ctx context.Context) error {
	p, err := c.plan(c.elements, "W1", "W2", "W3", "W4", "TPC-H")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p.programs, err = c.choose(ctx, []peer{
		{"leat", own(c.self, "leat", leatSource)},
		{"leat run", func(ctx context.Context) (program, error) { return leatRun(ctx, dir) }},
		{"loop", own(c.self, "loop", loopSource)},
		{"loop-hand", own(c.self, "loop-hand", "")},
		{"duckdb", duckDB},
		{"watermill", func(ctx context.Context) (program, error) {
			p, err := watermill(ctx)
			p.lacks, p.rounds = []string{"TPC-H"}, c.slowRounds
			return p, err
		}},
	})
	if err != nil {
		return err
	}
	results, err := p.measure(ctx, os.Stderr)
	writeTable(os.Stdout, results)
	return err
}

// compareOnKafka measures on Kafka and prints the table.
func (c *command) compareOnKafka(ctx context.Context, k *cluster) error {
	p, err := c.plan(c.kafka, "W1", "W2", "W4")
	if err != nil {
		return err
	}
	p.programs, err = c.choose(ctx, []peer{
		{"leat", own(c.self, "leat", leatSource)},
		{"franz", own(c.self, "franz", "")},
		{"franz-tx", own(c.self, "franz-tx", loopSource)},
		{"franz-tx-hand", own(c.self, "franz-tx-hand", "")},
		{"kafka-streams", func(ctx context.Context) (program, error) {
			p, err := kafkaStreams(ctx, k.dir, c.streams)
			p.rounds = c.slowRounds
			return p, err
		}},
		{"watermill", func(ctx context.Context) (program, error) {
			p, err := watermill(ctx)
			// Some ten seconds each.
			p.elements, p.rounds = map[string]int{"W1": 400, "W2": 5_200, "W3": 400, "W4": 9_000}, c.slowRounds
			return p, err
		}},
	})
	if err != nil {
		return err
	}
	results, err := p.measureKafka(ctx, k, os.Stderr)
	writeTable(os.Stdout, results)
	return err
}

// A peer is a program that may have to be installed.
type peer struct {
	name    string
	install func(context.Context) (program, error)
}

// own returns the constructor of a program that is part of this binary.
func own(self, name, source string) func(context.Context) (program, error) {
	return func(context.Context) (program, error) {
		p := goProgram(self, name)
		p.source, p.lacks = source, []string{"TPC-H"}
		return p, nil
	}
}

// choose installs the programs that the flags ask for, in that order; the rest is skipped by name where it can't be
// had.
func (c *command) choose(ctx context.Context, peers []peer) ([]program, error) {
	chosen := peers
	if c.programs != "" {
		chosen = nil
		for name := range strings.SplitSeq(c.programs, ",") {
			i := slices.IndexFunc(peers, func(p peer) bool { return p.name == name })
			if i < 0 {
				return nil, fmt.Errorf("-programs: there is no %q on this storage", name)
			}
			chosen = append(chosen, peers[i])
		}
	}
	var programs []program
	for _, p := range chosen {
		switch program, err := p.install(ctx); {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			fmt.Fprintf(os.Stderr, "skipped: %s, which can't be installed: %v\n", p.name, err)
		default:
			programs = append(programs, program)
		}
	}
	return programs, nil
}

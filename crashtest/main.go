// Crashtest kills a mill in every way that it can think of, on a real Kafka or another storage, and checks every single
// result: nothing may be missing, doubled or out of order. From the root of the repository:
//
//	go run ./crashtest -kills 200
//	go run ./crashtest -duration 1h -instances 5 -partitions 12
//	go run ./crashtest -workload joins -kills 200
//	go run ./crashtest -workload silent -kills 200
//	go run ./crashtest -brokers 3 -disturb broker -kills 12 -instances 2 -rate 100
//	go run ./crashtest -brokers 3 -disturb freeze -kills 6 -instances 2 -rate 100
//
// It starts Kafka on loopback from the jars that Maven has, and some instances of the mill, each a process of its
// own. It writes input as time goes on, session after session. Meanwhile an injector draws faults: it kills instances
// with signal 9, stops them for longer than Kafka waits for them and continues them, lets others join and leave,
// kills Kafka, cuts connections, and adds partitions. A read_committed consumer compares the output of each partition
// with a reference as it comes. The exit status is 1 where they differ, and the first difference is shown.
//
// Other storages have a campaign in the room internal/campaign, with one mill at a time, zombies beside their successors, and
// answers of the server that are lost:
//
//	go run ./crashtest -storage postgres -kills 200
//
// With several brokers, each is killed in turn and stays away for a minute, or is stopped and continued. Where no
// other faults are injected, the results of every partition must go on within fifteen seconds, and within thirty-five
// where the broker was stopped. That holds whatever the broker was: leader of partitions, coordinator of the group or
// of transactions, leader of the brokers' own quorum.
//
// The mill is a self-join with a chain of two more streams below it; with -workload joins, a self-join within a
// reach, with an optional last match by a match key, the nearest below it, and a stream in which there must be none. With
// -workload silent, on Kafka, the stream of the last match is silent for most of each session, and isn't waited for. All
// have equal keys and gaps. Marks end its sessions, and in about every other one its function does, somewhere in the
// middle. docs/reliability.md says what the crash test has found.
//
// # Where to begin in the code
//
//	injector.go                       the faults, and when they are injected
//	brokerfaults.go, addpartitions.go the faults of single brokers; added partitions
//	instances.go, worker.go           the processes, and what runs in them
//	load.go, consumer.go              the input, and the output
//	internal/recovery, outages.go     how long it takes after a fault until results go on
//	internal/campaign                 the campaign on any other storage; a file for each
//	internal/workload                 the mill, its input, and what must come of it
//	internal/process, internal/proxy  what kills and stops processes, and cuts their connections
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/crashtest/internal/campaign"
	"github.com/leat-go/leat/crashtest/internal/workload"
)

// kafkaStorage is the storage that has a campaign of its own, since it shares partitions among instances.
const kafkaStorage = "kafka"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(work(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == campaign.WorkerCommand {
		os.Exit(campaign.Work(os.Args[2:]))
	}
	c, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "crashtest:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	if c.storage == kafkaStorage {
		err = crash(ctx, c, os.Stdout)
	} else {
		err = campaign.Run(ctx, c.campaign(), os.Stdout)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "crashtest:", err)
		os.Exit(1)
	}
}

// A config is what the flags say.
type config struct {
	// storage is kafkaStorage or one of campaign.Names.
	storage    string
	workload   workload.Kind
	kills      int
	duration   time.Duration
	instances  int
	partitions int
	elements   int
	rate       int
	seed       uint64
	pause      time.Duration
	brokers    int
	away       time.Duration
	frozen     time.Duration
	// disturb is the list of faults as it was given, and faults what it means on Kafka.
	disturb string
	faults  map[fault]bool
	keep    bool
	debug   bool
}

// parse reads the flags; what is wrong with them is an error.
func parse(arguments []string, output io.Writer) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("crashtest", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&c.storage, "storage", kafkaStorage,
		"what to run on: "+kafkaStorage+", "+strings.Join(campaign.Names(), ", "))
	kind := flags.String("workload", string(workload.Chain), "what the mill joins by: equal keys in a chain (chain), "+
		"near ones with match keys, optional and absent ones (joins), or these with a stream that is idle (silent)")
	flags.IntVar(&c.kills, "kills", 0, "end after so many kills, in place of -duration: of instances, or of brokers that "+
		"were killed or stopped where no instance is killed")
	flags.DurationVar(&c.duration, "duration", 2*time.Minute, "inject faults for so long")
	flags.IntVar(&c.instances, "instances", 3, "instances of the mill that are always there")
	flags.IntVar(&c.partitions, "partitions", 4, "partitions of each topic")
	flags.IntVar(&c.elements, "elements", 8000, "elements of each stream, partition and session")
	flags.IntVar(&c.rate, "rate", 800, "elements a second of each stream and partition")
	flags.Uint64Var(&c.seed, "seed", uint64(time.Now().UnixNano()), "what chance begins with")
	flags.DurationVar(&c.pause, "pause", 1500*time.Millisecond, "mean time between two faults")
	flags.IntVar(&c.brokers, "brokers", 1, "servers of Kafka; three or more keep everything three times")
	flags.DurationVar(&c.away, "away", time.Minute, "how long a broker stays away that was killed")
	flags.DurationVar(&c.frozen, "frozen", 40*time.Second, "how long a broker is stopped")
	flags.StringVar(&c.disturb, "disturb", "", "the faults to inject, with commas between them: on Kafka kill, zombie, "+
		"rebalance, server, cut, broker, freeze, grow, by default all that goes with one broker, or with several; "+
		"on other storages "+strings.Join(campaign.Faults(), ", ")+", by default all that the storage can suffer")
	flags.BoolVar(&c.keep, "keep", false, "keep the logs and Kafka's data; they are kept when the test fails")
	flags.BoolVar(&c.debug, "debug", false, "have the instances log what the Kafka client does")
	err := flags.Parse(arguments)
	if err != nil {
		return nil, err
	}
	if c.workload, err = workload.KindOf(*kind); err != nil {
		return nil, err
	}
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("%q is too much: there are flags only", flags.Arg(0))
	case c.kills < 0 || c.duration < 0 || c.pause < 0:
		return nil, errors.New("-kills, -duration and -pause can't be negative")
	case c.instances < 1 || c.partitions < 1 || c.elements < 10 || c.rate < 1:
		return nil, errors.New("it takes at least one instance, one partition, one element a second and 10 elements")
	}
	if c.storage != kafkaStorage {
		return c, c.checkStorage(flags)
	}
	faults := c.disturb
	if faults == "" {
		faults = "kill,zombie,rebalance,server,cut,grow"
		if c.brokers > 1 {
			faults = "kill,zombie,rebalance,server,broker,freeze,grow"
		}
	}
	if c.faults, err = parseFaults(faults); err != nil {
		return nil, err
	}
	return c, c.check()
}

// campaign returns what the flags say for a storage other than Kafka.
func (c *config) campaign() *campaign.Config {
	faults := strings.FieldsFunc(c.disturb, func(r rune) bool { return r == ',' })
	return &campaign.Config{Storage: c.storage, Workload: c.workload, Kills: c.kills, Duration: c.duration,
		Elements: c.elements, Rate: c.rate, Seed: c.seed, Pause: c.pause, Faults: faults, Keep: c.keep}
}

// checkStorage returns an error that names what doesn't go with a storage other than Kafka.
func (c *config) checkStorage(flags *flag.FlagSet) (err error) {
	if !slices.Contains(campaign.Names(), c.storage) {
		return fmt.Errorf("-storage %s is none of %s, %s", c.storage, kafkaStorage, strings.Join(campaign.Names(), ", "))
	}
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "instances", "partitions", "brokers", "away", "frozen", "debug":
			err = fmt.Errorf("-%s is for Kafka only: leave it out with -storage %s", f.Name, c.storage)
		}
	})
	switch {
	case err != nil:
		return err
	case c.workload == workload.Silent:
		return errors.New("-workload silent is for Kafka only: elsewhere a server that is away may be taken for a stream that " +
			"is idle, and what comes then for late")
	}
	return campaign.CheckFaults(c.campaign().Faults)
}

// check returns an error that names flags that contradict each other.
func (c *config) check() error {
	one := c.faults[brokers] || c.faults[freezes]
	switch {
	case c.kills > 0 && !c.faults[kills] && !one:
		return errors.New(`-kills needs "kill", "broker" or "freeze" in -disturb`)
	case c.brokers != 1 && c.brokers < 3:
		return errors.New("-brokers takes 1, or 3 and more: of two, none may be away")
	case one && c.brokers == 1:
		return errors.New(`"broker" and "freeze" in -disturb need -brokers 3 or more`)
	case c.faults[brokers] && c.away <= killPauseLimit:
		return fmt.Errorf("-away must be more than %v, which the results may take to go on", killPauseLimit)
	case c.faults[freezes] && c.frozen <= freezePauseLimit:
		return fmt.Errorf("-frozen must be more than %v, which the results may take to go on", freezePauseLimit)
	case c.faults[cuts] && c.brokers > 1:
		return errors.New(`"cut" in -disturb takes one broker: instances go to several without a proxy between`)
	}
	return nil
}

// brokerFaultsOnly tells whether all faults are those of one broker at a time.
func (c *config) brokerFaultsOnly() bool {
	for what := range c.faults {
		if what != brokers && what != freezes {
			return false
		}
	}
	return true
}

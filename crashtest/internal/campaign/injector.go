package campaign

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/leat-go/leat/crashtest/internal/process"
	"github.com/leat-go/leat/crashtest/internal/proxy"
	"github.com/leat-go/leat/crashtest/internal/recovery"
	"github.com/leat-go/leat/internal/testserver"
	"github.com/leat-go/leat/internal/wait"
)

// An injector injects faults into the worker, its connections and the server, by chance. Those of the worker come one after
// the other; those of the server and the connections meet them.
type injector struct {
	*campaign
	workers    *workers
	recoveries *recovery.Times
	// spared is until when the server is neither killed nor stopped: a server that starts slowly would be away most of the
	// time, and nobody would come to work. It belongs to the faults of the server.
	spared time.Time
}

func newInjector(t *campaign, ws *workers) *injector {
	return &injector{campaign: t, workers: ws, recoveries: t.recoveries}
}

// run injects faults until there were enough kills or the time is up.
func (in *injector) run(ctx context.Context) error {
	workers, server := map[fault]bool{}, map[fault]bool{}
	for _, w := range weights() {
		switch {
		case in.faults[w.fault] && w.server:
			server[w.fault] = true
		case in.faults[w.fault]:
			workers[w.fault] = true
		}
	}
	over, stop := context.WithCancel(ctx)
	defer stop()
	var beside sync.WaitGroup
	var failed error
	if len(server) > 0 {
		// About as many faults as the weights say, beside those of the worker.
		beside.Go(func() { failed = in.repeat(over, ctx, server, 2*in.config.Pause, 2) })
	}
	err := in.repeat(ctx, ctx, workers, in.config.Pause, 1)
	stop()
	beside.Wait()
	in.Note("starts without a server", in.workers.failures())
	if err == nil {
		err = failed
	}
	return err
}

// repeat injects faults until there were enough or over ends. Each is finished.
func (in *injector) repeat(over, ctx context.Context, faults map[fault]bool, pause time.Duration, part uint64) error {
	random := rand.New(rand.NewPCG(in.config.Seed, part))
	end := time.Now().Add(in.config.Duration)
	for !in.enough(end) {
		if err := wait.For(over, between(random, 0, 2*pause+1)); err != nil {
			return ctx.Err()
		}
		if len(faults) == 0 {
			continue
		}
		if err := in.injectOne(ctx, random, draw(random, faults)); err != nil {
			return err
		}
	}
	return nil
}

// enough tells whether there were enough kills, or the time is up.
func (in *injector) enough(end time.Time) bool {
	if in.config.Kills > 0 && in.faults[kills] {
		return in.Count("kills") >= in.config.Kills
	}
	return time.Now().After(end)
}

func (in *injector) injectOne(ctx context.Context, random *rand.Rand, what fault) error {
	if (what == cuts || what == losses) && in.proxy.Connections() == 0 {
		return nil // who comes back every few seconds would never get past its greeting
	}
	switch what {
	case zombies:
		return in.zombie(ctx, random)
	case takeovers:
		return in.takeover(ctx)
	case leaves:
		return in.leave(ctx, random)
	case cuts:
		in.cut(random)
		return nil
	case losses:
		in.lose(random)
		return nil
	case servers:
		return in.restartServer(ctx, random)
	case freezes:
		return in.freezeServer(ctx, random)
	default:
		return in.kill(ctx, random)
	}
}

// kill kills the worker and starts it again, mostly at once.
func (in *injector) kill(ctx context.Context, random *rand.Rand) error {
	later := time.Duration(0)
	if random.IntN(8) == 0 {
		defer in.recoveries.FaultBegins()()
		later = between(random, 200*time.Millisecond, 5*time.Second)
	}
	name := in.workers.name()
	in.Note("kills", 1)
	in.Print("kill -9 %s", name)
	in.recoveries.Killed(name, time.Now())
	in.workers.kill()
	if err := wait.For(ctx, later); err != nil {
		return err
	}
	return in.workers.start()
}

// zombie stops the worker for longer than its lease, and continues it when another one has its place. What it still does
// must have no effect.
func (in *injector) zombie(ctx context.Context, random *rand.Rand) error {
	defer in.recoveries.FaultBegins()()
	frozen := in.kind.lease + between(random, 500*time.Millisecond, 5*time.Second)
	in.Print("stop %s for %v; another one takes its place", in.workers.name(), frozen.Round(time.Millisecond))
	if !in.workers.freeze() {
		return nil // it has just ended for want of a server
	}
	in.Note("zombies", 1)
	zombie, err := in.workers.succeed()
	if err != nil {
		return err
	}
	if err := wait.For(ctx, frozen); err != nil {
		return err
	}
	if err := zombie.Thaw(); err != nil && !errors.Is(err, os.ErrProcessDone) { // it was about to end when it was stopped
		return err
	}
	return in.workers.settle(ctx, zombie, in.kind.lease)
}

// takeover starts another worker beside the one that works, which must end.
func (in *injector) takeover(ctx context.Context) error {
	defer in.recoveries.FaultBegins()()
	in.Note("takeovers", 1)
	in.Print("another one takes over from %s", in.workers.name())
	before, err := in.workers.succeed()
	if err != nil {
		return err
	}
	return in.workers.settle(ctx, before, in.kind.lease)
}

// leave ends the worker in an orderly way, and starts it again after a while.
func (in *injector) leave(ctx context.Context, random *rand.Rand) error {
	defer in.recoveries.FaultBegins()()
	in.Note("orderly ends", 1)
	in.Print("%s leaves", in.workers.name())
	if err := in.workers.stop(ctx); err != nil {
		return err
	}
	if err := wait.For(ctx, between(random, 0, 2*time.Second)); err != nil {
		return err
	}
	return in.workers.start()
}

// cut closes all connections, and may refuse new ones for a while.
func (in *injector) cut(random *rand.Rand) {
	defer in.recoveries.FaultBegins()()
	refuse := time.Duration(0)
	if random.IntN(2) == 0 {
		refuse = between(random, 0, 3*time.Second)
	}
	in.workers.disturb(refuse + time.Second)
	n := in.proxy.Cut(refuse)
	in.Note("connections cut", n)
	in.Print("cut %d connections, for %v", n, refuse.Round(time.Millisecond))
}

// lose loses a request to the server or an answer of it, in half of the cases that of a commit.
func (in *injector) lose(random *rand.Rand) {
	in.workers.disturb(time.Minute)
	direction, holding, what := proxy.Answer, in.kind.committed, "answers"
	if random.IntN(3) == 0 {
		direction, holding, what = proxy.Request, in.kind.commit, "requests"
	}
	passing := 0
	if random.IntN(2) == 0 {
		holding, passing = "", random.IntN(20)
	} else if holding != "" {
		what += " of commits"
	}
	in.proxy.Lose(direction, []byte(holding), passing, random.IntN(2) == 0, func() { in.Note(what+" lost", 1) })
}

// restartServer kills the server and starts it again.
func (in *injector) restartServer(ctx context.Context, random *rand.Rand) error {
	if err := wait.For(ctx, time.Until(in.spared)); err != nil {
		return err
	}
	defer in.recoveries.FaultBegins()()
	in.workers.disturb(time.Minute)
	in.Note("restarts of the server", 1)
	in.Print("kill -9 the server")
	if err := in.storage.server().Kill(); err != nil {
		return fmt.Errorf("kill the server: %w", err)
	}
	if err := wait.For(ctx, between(random, 0, 3*time.Second)); err != nil {
		return err
	}
	begun := time.Now()
	if err := in.storage.server().Restart(ctx); err != nil {
		return err
	}
	in.spared = time.Now().Add(time.Since(begun))
	in.Print("the server is there again")
	return nil
}

// freezeServer stops the server and all its processes where they are, and continues them after a while.
func (in *injector) freezeServer(ctx context.Context, random *rand.Rand) error {
	if err := wait.For(ctx, time.Until(in.spared)); err != nil {
		return err
	}
	defer in.recoveries.FaultBegins()()
	frozen := between(random, 500*time.Millisecond, 6*time.Second)
	in.workers.disturb(frozen + 10*time.Second)
	in.Note("stops of the server", 1)
	in.Print("stop the server for %v", frozen.Round(time.Millisecond))
	var stopped []*os.Process
	for pids := []int{in.storage.server().Pid()}; len(pids) > 0; pids = pids[1:] {
		p, err := os.FindProcess(pids[0])
		if err == nil {
			err = testserver.Freeze(p)
		}
		if err == nil { // else a process of the server has ended meanwhile
			stopped = append(stopped, p)
			pids = append(pids, process.Children(pids[0])...)
		}
	}
	err := wait.For(ctx, frozen)
	for _, p := range stopped {
		_ = testserver.Thaw(p)
	}
	return err
}

func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(random.Int64N(int64(most-least)))
}

// pause waits for a moment.
func pause(ctx context.Context) error { return wait.For(ctx, retryPause) }

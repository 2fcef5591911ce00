package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
)

// settleTime is how long a commit whose context has ended may take to find out what has become of it.
const settleTime = 700 * time.Millisecond

// commit makes results and progress of some tasks visible by one script. Where its answer is lost it is sent again: the
// script knows by the commit's number whether it was made.
func (l *ledger) commit(ctx context.Context, commits []broker.Commit, publish publisher) error {
	if l.nameErr != nil {
		return l.nameErr
	}
	for i := range commits {
		if err := l.own(&commits[i]); err != nil {
			return err
		}
	}
	for {
		partitions, published, err := l.prepare(commits, publish)
		if err != nil || len(partitions) == 0 {
			return err
		}
		var answer []any
		err = l.patiently(ctx, "a commit", func(c *goredis.Client) (err error) {
			answer, err = l.send(ctx, c, partitions, published)
			return err
		})
		switch {
		case ctx.Err() != nil && err != nil:
			return l.settle(ctx, commits)
		case err != nil:
			return l.explain(err)
		}
		again, err := l.answered(commits, published.outputs, answer)
		if !again {
			return err
		}
	}
}

// own checks that this run has claimed the commit's partition; where partitions move, the commit of one that has gone
// is left out.
func (l *ledger) own(c *broker.Commit) error {
	if l.claims.Has(c.Partition) || c.Lost {
		return nil
	}
	if l.shared {
		c.Lost = true
		return nil
	}
	return fmt.Errorf("redis: partition %d isn't claimed by this run: %w", c.Partition, broker.ErrTakenOver)
}

// prepare returns what is sent of commits that aren't left out: four arguments for each partition, and what is
// published.
func (l *ledger) prepare(commits []broker.Commit, publish publisher) (partitions []any, p *publication, err error) {
	p = &publication{}
	for i := range commits {
		c := &commits[i]
		if c.Lost {
			continue
		}
		text, err := progress.Marshal(c.Progress)
		if err != nil {
			return nil, nil, err
		}
		claimed := l.claims.Of(c.Partition)
		partitions = append(partitions, c.Partition, claimed.epoch, claimed.commit, text)
		if err := publish(c, p); err != nil {
			return nil, nil, err
		}
	}
	return partitions, p, nil
}

// answered takes the script's answer to a commit. again says that it is to be sent without a partition that was lost.
func (l *ledger) answered(commits []broker.Commit, outputs []string, answer []any) (again bool, err error) {
	switch text(answer, 0) {
	case "made":
		l.made(commits)
		return false, nil
	case "unstaged":
		return true, nil
	case "refused":
		output, err := strconv.Atoi(text(answer, 1))
		if err != nil || output < 1 || output > len(outputs) {
			return false, fmt.Errorf("redis: a commit was refused: %v", answer)
		}
		name := outputs[output-1]
		return false, described("output stream "+name, refusal(text(answer, 2)), fmt.Sprintf(writeRights, name))
	}
	partition, err := strconv.Atoi(text(answer, 1))
	if err != nil {
		return false, fmt.Errorf("redis: a commit was answered by %v", answer)
	}
	l.claims.Drop(partition)
	switch {
	case text(answer, 0) == "lost":
		return false, fmt.Errorf("redis: the positions in %s, partition %d, are older than those of the last commit, or "+
			"gone: the server has lost what it had confirmed, or somebody has removed them; start again to go on from what is "+
			"there", l.key, partition)
	case !l.shared:
		return false, l.takenOver(partition, text(answer, 2), text(answer, 3))
	}
	for i := range commits {
		if commits[i].Partition == partition {
			commits[i].Lost = true
		}
	}
	return true, nil
}

// A refusal is the error of a command within a script.
type refusal string

func (r refusal) Error() string { return string(r) }

// RedisError implements goredis.Error.
func (r refusal) RedisError() {}

// made notes that a commit was made.
func (l *ledger) made(commits []broker.Commit) {
	l.commits++
	for i := range commits {
		if !commits[i].Lost {
			l.claims.Set(commits[i].Partition, claim{l.claims.Of(commits[i].Partition).epoch, l.commits})
		}
	}
}

// settle finds out what has become of a commit whose context has ended. It raises the epochs of the commit's
// partitions, so that a script that the server hasn't run yet isn't run later, and looks at the number of the last one
// that was.
func (l *ledger) settle(ctx context.Context, commits []broker.Commit) error {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	var arguments []any
	var partitions []int
	for i := range commits {
		if p := commits[i].Partition; !commits[i].Lost {
			partitions = append(partitions, p)
			arguments = append(arguments, p, l.claims.Of(p).epoch)
		}
	}
	var answer []any
	err := l.do(asking, func(c *goredis.Client) (err error) {
		answer, err = l.scripts.renew.Run(asking, c, []string{l.key}, arguments...).Slice()
		return err
	})
	if err != nil || len(answer) != 2*len(partitions) {
		return ctx.Err()
	}
	made := false
	for i, p := range partitions {
		number, err := strconv.ParseInt(text(answer, 2*i), 10, 64)
		if err != nil {
			return errors.Join(ctx.Err(), l.takenOver(p, "another run", ""))
		}
		l.claims.Set(p, claim{text(answer, 2*i+1), l.claims.Of(p).commit})
		made = number == l.commits+1
	}
	if !made {
		return ctx.Err()
	}
	l.made(commits)
	return nil
}

package redis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/broker/internal/solo"
)

//go:embed claim.lua
var claimScript string

//go:embed renew.lua
var renewScript string

//go:embed commit.lua
var commitScript string

// positionsKey is what the key of the hash of positions begins with.
const positionsKey = "leat:positions:"

// A ledger keeps the progress of a job's tasks in a hash, with these fields for each partition p:
//
//	epoch:p               is raised by whoever claims the partition; a commit names the one that it knows
//	commit:p              the number of the last commit of that epoch
//	progress:p            what was committed last, as JSON, at committed:p in seconds
//	holder:p              who has claimed it, at claimed:p in seconds
type ledger struct {
	*link
	key     string
	nameErr error
	shared  bool
	holder  string
	scripts scripts
	// run tells what this run has staged apart from what others have.
	run string
	// claims holds what this run has claimed, by partition, and commits counts its commits.
	claims  solo.Claims[claim]
	commits int64
}

// scripts are run by their hashes, and sent where the server doesn't know them.
type scripts struct{ claim, renew, commit *goredis.Script }

// A claim is a partition's epoch and the number of the last commit that was made under it.
type claim struct {
	epoch  string
	commit int64
}

func newLedger(b *Broker, job *broker.Job, c *connector) *ledger {
	l := &ledger{link: c.link(), shared: job.Shared, run: rand.Text(),
		holder:  solo.Holder(),
		scripts: scripts{goredis.NewScript(claimScript), goredis.NewScript(renewScript), goredis.NewScript(commitScript)},
	}
	name, err := solo.Name("redis", b.name, job)
	l.key, l.nameErr = positionsKey+name, err
	return l
}

// explain says of an error of the positions what would mend it.
func (l *ledger) explain(err error) error {
	return described("the positions in "+l.key, err, keepRights)
}

// Progress implements broker.Keeper.
func (l *ledger) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	if l.nameErr != nil {
		return broker.Progress{}, l.nameErr
	}
	var text string
	err := l.patiently(ctx, "looking at positions", func(c *goredis.Client) (err error) {
		text, err = l.kept(ctx, c, partition)
		return err
	})
	if err != nil {
		return broker.Progress{}, l.explain(err)
	}
	return progress.Unmarshal([]byte(text))
}

// kept returns the progress of a partition as the server has it; empty where it has none.
func (l *ledger) kept(ctx context.Context, c *goredis.Client, partition int) (string, error) {
	text, err := c.HGet(ctx, l.key, field("progress", partition)).Result()
	if errors.Is(err, goredis.Nil) {
		return "", nil
	}
	return text, err
}

// field is the name of a partition's field.
func field(name string, partition int) string { return name + ":" + strconv.Itoa(partition) }

// Claim implements broker.Claimer.
func (l *ledger) Claim(ctx context.Context, partition int) (broker.Progress, error) {
	if l.nameErr != nil {
		return broker.Progress{}, l.nameErr
	}
	var answer []any
	err := l.patiently(ctx, "claiming positions", func(c *goredis.Client) (err error) {
		answer, err = l.scripts.claim.Run(ctx, c, []string{l.key}, partition, l.holder).Slice()
		return err
	})
	if err != nil {
		return broker.Progress{}, l.explain(err)
	}
	if len(answer) == 0 {
		return broker.Progress{}, errors.New("redis: claiming positions had no answer")
	}
	l.claims.Set(partition, claim{epoch: text(answer, 0)})
	return progress.Unmarshal([]byte(text(answer, 1)))
}

// text returns one of a script's answers.
func text(answer []any, i int) string {
	if i >= len(answer) {
		return ""
	}
	switch v := answer[i].(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// takenOver says by whom a partition was taken over.
func (l *ledger) takenOver(partition int, holder, claimed string) error {
	at := ""
	if seconds, err := strconv.ParseInt(claimed, 10, 64); err == nil {
		at = " at " + time.Unix(seconds, 0).UTC().Format(time.DateTime) + " UTC"
	}
	return fmt.Errorf("redis: the positions in %s, partition %d, were claimed by %s%s: %w", l.key, partition, holder, at,
		broker.ErrTakenOver)
}

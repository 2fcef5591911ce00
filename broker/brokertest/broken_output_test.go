package brokertest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// A bentOutput replaces methods of an output that keeps progress.
type bentOutput struct {
	broker.Output
	commit   func(ctx context.Context, inner broker.Output, commits []broker.Commit) error
	progress func(p broker.Progress) broker.Progress
	close    func(inner broker.Output) error
}

func (o *bentOutput) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.commit == nil {
		return o.Output.Commit(ctx, commits)
	}
	return o.commit(ctx, o.Output, commits)
}

func (o *bentOutput) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	p, err := o.Output.(broker.Keeper).Progress(ctx, partition)
	if o.progress != nil {
		p = o.progress(p)
	}
	return p, err
}

// Claim implements broker.Claimer, where the output is one.
func (o *bentOutput) Claim(ctx context.Context, partition int) (broker.Progress, error) {
	p, err := o.Output.(broker.Claimer).Claim(ctx, partition)
	if o.progress != nil {
		p = o.progress(p)
	}
	return p, err
}

func (o *bentOutput) Close() error {
	if o.close == nil {
		return o.Output.Close()
	}
	return o.close(o.Output)
}

type commitFunc = func(ctx context.Context, inner broker.Output, commits []broker.Commit) error

func commitBend(commit commitFunc) bend {
	return bend{output: func(inner broker.Output) broker.Output { return &bentOutput{Output: inner, commit: commit} }}
}

// changed commits what change makes of each commit.
func changed(change func(c *broker.Commit)) bend {
	return commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
		commits = slices.Clone(commits)
		for i := range commits {
			commits[i].Results = slices.Clone(commits[i].Results)
			change(&commits[i])
		}
		return inner.Commit(ctx, commits)
	})
}

func brokenOutputs() []broken {
	return slices.Concat(brokenResults(), brokenCommits(), []broken{
		{"no Keeper", "Progress/IsKept", "must be a broker.Keeper",
			bend{output: func(inner broker.Output) broker.Output { return struct{ broker.Output }{inner} }}},
		{"NextSession is lost", "Progress/IsKept", "NextSession:true",
			bend{output: func(inner broker.Output) broker.Output {
				return &bentOutput{Output: inner, progress: func(p broker.Progress) broker.Progress {
					for i := range p.Nodes {
						p.Nodes[i].NextSession = false
					}
					return p
				}}
			}}},
		{"a mark at Close", "Commit/NothingWithoutCommit", "nothing was, no mark either",
			bend{output: func(inner broker.Output) broker.Output {
				return &bentOutput{Output: inner, close: func(inner broker.Output) error {
					return errors.Join(inner.Commit(context.Background(), []broker.Commit{{End: true}}), inner.Close())
				}}
			}}},
		{"a pace of zero", "Pace/IsPositive", "above zero",
			bend{output: func(inner broker.Output) broker.Output { return noPace{&bentOutput{Output: inner}} }}},
	})
}

// firstOfAPiece encodes results itself, as JSON behind which a line ends, and writes the first of those in one piece.
type firstOfAPiece struct{ *bentOutput }

func (firstOfAPiece) Encoder(int) codec.Encode {
	return func(dst []byte, element any) ([]byte, error) {
		encode, err := codec.JSON.Encoder(reflect.TypeFor[Element]())
		if err == nil {
			dst, err = encode(dst, element)
		}
		return append(dst, '\n'), err
	}
}

func (o firstOfAPiece) Commit(ctx context.Context, commits []broker.Commit) error {
	for i := range commits {
		for j := range commits[i].Results {
			r := &commits[i].Results[j]
			first, _, _ := bytes.Cut(r.Value, []byte{'\n'})
			*r = broker.Result{Stream: r.Stream, Value: first}
		}
	}
	return o.bentOutput.Commit(ctx, commits)
}

type noPace struct{ *bentOutput }

func (noPace) Pace() broker.Pace { return broker.Pace{} }

func brokenResults() []broken {
	return []broken{
		{"results in the wrong order", "Commit/ResultsInOrder", "in the order given",
			changed(func(c *broker.Commit) { slices.Reverse(c.Results) })},
		{"results come with the next commit", "Commit/ResultsInOrder", "when Commit has returned", brokenLate(true)},
		{"an output can't be read back", "Commit/OutputsCanBeRead", "can be read from it",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				return nil, errors.New("not for reading")
			})},
		{"the bytes of results are kept", "Commit/KeepsNoBytes", "must not keep them", brokenLate(false)},
		{"of results in one piece the first is written", "Commit/OwnForm", "each of a piece",
			bend{output: func(inner broker.Output) broker.Output { return firstOfAPiece{&bentOutput{Output: inner}} }}},
		{"the second run writes nothing", "Commit/SecondRun", "writes behind it", brokenSecond()},
		{"no marks", "End/Sessions", "End puts a mark", changed(func(c *broker.Commit) { c.End = false })},
		{"a mark only behind results", "End/EmptySession", "leaves an empty output with its mark",
			changed(func(c *broker.Commit) { c.End = c.End && len(c.Results) > 0 })},
		{"progress is added up", "Progress/IsKept", "Progress returns",
			changed(func(c *broker.Commit) { c.Progress.Sessions++ })},
		{"a commit without results isn't made", "Progress/WithoutResults", "keeps the progress",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				commits = slices.DeleteFunc(slices.Clone(commits), func(c broker.Commit) bool { return len(c.Results) == 0 })
				return inner.Commit(ctx, commits)
			})},
	}
}

func brokenCommits() []broken {
	return []broken{
		{"an aborted commit leaves results", "Commit/AbortLeavesNothing", "nothing of an aborted commit is visible",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				err := inner.Commit(ctx, commits)
				if errors.Is(err, broker.ErrAborted) {
					return errors.Join(err, inner.Commit(ctx, commits))
				}
				return err
			})},
		{"an aborted commit isn't called so", "Commit/AbortLeavesNothing", "must wrap broker.ErrAborted",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				if err := inner.Commit(ctx, commits); err != nil {
					return errors.New("something went wrong")
				}
				return nil
			})},
		{"results without progress when cancelled", "Commit/CancelledIsAllOrNothing", "all or nothing",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				for _, c := range commits {
					c.Progress = broker.Progress{}
					if err := inner.Commit(context.WithoutCancel(ctx), []broker.Commit{c}); err != nil {
						return err
					}
				}
				return ctx.Err()
			})},
		{"results before progress", "Commit/CutAtAnyMoment", "only there",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				before := slices.Clone(commits)
				for i := range before {
					before[i].Progress, _ = inner.(broker.Keeper).Progress(context.WithoutCancel(ctx), before[i].Partition)
					commits[i].Results = nil
				}
				if err := inner.Commit(ctx, before); err != nil {
					return err
				}
				<-time.After(time.Millisecond)
				return inner.Commit(ctx, commits)
			})},
		{"partitions one by one", "Commit/PartitionsTogether", "all or nothing",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				for _, c := range commits {
					if err := inner.Commit(ctx, []broker.Commit{c}); err != nil {
						return err
					}
					<-time.After(time.Millisecond)
				}
				return nil
			})},
		{"Commit ignores its context", "Commit/IsCancelled", "within a second",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				long, cancel := context.WithTimeout(context.WithoutCancel(ctx), anHour)
				defer cancel()
				return inner.Commit(long, commits)
			})},
	}
}

// brokenLate makes each commit with the next; at Close too, where atClose says so.
func brokenLate(atClose bool) bend {
	return bend{output: func(inner broker.Output) broker.Output {
		var late []broker.Commit
		return &bentOutput{Output: inner,
			commit: func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				err := inner.Commit(ctx, late)
				late = slices.Clone(commits)
				return err
			},
			close: func(inner broker.Output) error {
				return errors.Join(inner.Commit(context.Background(), late), inner.Close())
			},
		}
	}}
}

func brokenSecond() bend {
	runs := 0
	return bend{output: func(inner broker.Output) broker.Output {
		runs++
		if runs == 1 {
			return inner
		}
		return &bentOutput{Output: inner, commit: func(context.Context, broker.Output, []broker.Commit) error { return nil }}
	}}
}

// An atEnd output shows everything when all partitions have committed their end: a right one, and broken ones.
type atEnd struct {
	inner      broker.Output
	partitions int
	held       []broker.Commit
	ends       int
	// anyEnd shows everything at the first end, early shows it at Close whatever has ended.
	anyEnd, early bool
}

func (o *atEnd) Commit(_ context.Context, commits []broker.Commit) error {
	for _, c := range commits {
		c.Results = slices.Clone(c.Results)
		for i := range c.Results {
			c.Results[i].Value = slices.Clone(c.Results[i].Value)
		}
		o.held = append(o.held, c)
		if c.End {
			o.ends++
		}
	}
	return nil
}

func (o *atEnd) Close() error {
	if o.ends == o.partitions || o.early || o.anyEnd && o.ends > 0 {
		for _, c := range o.held {
			if err := o.inner.Commit(context.Background(), []broker.Commit{c}); err != nil {
				return err
			}
		}
	}
	return o.inner.Close()
}

func atEndBend(o atEnd) bend {
	return bend{guarantee: broker.AtEnd, output: func(inner broker.Output) broker.Output {
		run := o
		run.inner, run.partitions = inner, 3
		return &run
	}}
}

func brokenAtEnd() []broken {
	early := changed(func(*broker.Commit) {})
	early.guarantee = broker.AtEnd
	return []broken{
		{"AtEnd shows results early", "Commit/ResultsInOrder", "nothing is visible before the session ends", early},
		{"AtEnd shows a stopped run", "AtEnd/StoppedRunLeavesNothing", "nothing of a run that was stopped",
			atEndBend(atEnd{early: true})},
		{"AtEnd shows all at the first end", "AtEnd/AllPartitionsOrNothing", "not all partitions have ended",
			atEndBend(atEnd{anyEnd: true})},
	}
}

func TestMemoryAtEnd(t *testing.T) {
	h := bent(atEndBend(atEnd{}))
	whole := h.New
	h.New = func(t testing.TB, setup Setup) Storage {
		s := whole(t, setup)
		s.AbortCommit, s.BlockCommits = nil, nil
		return s
	}
	Run(t, h)
}

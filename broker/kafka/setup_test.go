package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

type element struct{ ID int }

// A wrong setup is refused at the start, with what would be right.
func TestWrongSetupIsRefused(t *testing.T) {
	c := newFake(t)
	c.create("two", 2)
	c.create("also-two", 2)
	c.create("three", 3)
	for _, test := range []struct {
		name            string
		inputs, outputs []string
		options         []kafka.Option
		want            []string
	}{
		{"missing inputs", []string{"two", "none", "nought"}, nil, nil, []string{`missing input topics: "none", "nought"`}},
		{"misspelt input", []string{"two", "twoo"}, nil, nil,
			[]string{`missing input topics: "twoo" (did you mean "two"?); create`}},
		{"unequal inputs", []string{"two", "three"}, nil, nil,
			[]string{`"two" has 2`, `"three" has 3`, "--alter --topic two --partitions 3"}},
		{"unequal inputs, narrow output", []string{"two", "three"}, []string{"also-two"}, nil,
			[]string{"--alter --topic two --partitions 3", "--alter --topic also-two --partitions 3"}},
		{"wide output", []string{"two", "also-two"}, []string{"three"}, nil, []string{`"three" has 3`,
			"--alter --topic two --partitions 3", "--alter --topic also-two --partitions 3"}},
		{"wide output that may grow", []string{"two"}, []string{"three"}, []kafka.Option{kafka.GrowOutputs()},
			[]string{"--alter --topic two --partitions 3"}},
		{"narrow output", []string{"three"}, []string{"two"}, nil,
			[]string{`"two" has 2`, " --alter --topic two --partitions 3", "kafka.GrowOutputs()", `"grow_outputs: true"`}},
		{"missing output", []string{"two"}, []string{"none"}, []kafka.Option{kafka.CreateTopics(false)},
			[]string{`missing output topics: "none"`, "2 partitions"}},
		{"no group", []string{"two"}, nil, []kafka.Option{kafka.Group("")}, []string{"kafka.Group"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := open(t, c, job("", test.inputs, test.outputs), test.options...)
			if err == nil {
				t.Fatal("it was opened")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", err, want)
				}
			}
		})
	}
}

func job(name string, inputs, outputs []string) *broker.Job {
	j := &broker.Job{Name: name, Logger: slog.New(slog.DiscardHandler)}
	for _, topic := range inputs {
		j.Inputs = append(j.Inputs, broker.NewStream[element](topic))
	}
	for _, topic := range outputs {
		j.Outputs = append(j.Outputs, broker.NewStream[element](topic))
	}
	return j
}

// open opens source and sink and closes them.
func open(t testing.TB, c *cluster, j *broker.Job, options ...kafka.Option) error {
	t.Helper()
	b := kafka.New(c.addresses, append([]kafka.Option{kafka.Group("group"), kafka.Streams(j.Outputs...)}, options...)...)
	in, err := b.OpenSource(t.Context(), j)
	if err != nil {
		return err
	}
	defer in.Close()
	j.Partitions = in.Partitions()
	if len(j.Outputs) == 0 {
		return nil
	}
	out, err := b.OpenSink(t.Context(), j)
	if err != nil {
		return err
	}
	return out.Close()
}

func TestOutputsAreCreated(t *testing.T) {
	c := newCluster(t)
	c.create(c.prefix+"in", 3)
	must(t, open(t, c, job("", []string{c.prefix + "in"}, []string{c.prefix + "out"})))
	topics, err := kadm.NewClient(c.client).ListTopics(t.Context(), c.prefix+"out")
	must(t, err)
	if n := len(topics[c.prefix+"out"].Partitions); n != 3 {
		t.Errorf("the output has %d partitions, not the inputs' 3", n)
	}
}

// Kafka may be starting again, so a run waits for it for a while; meanwhile the log says why nothing happens.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	log := &untilWritten{stop: cancel}
	j := job("", []string{"in"}, nil)
	j.Logger = slog.New(slog.NewJSONHandler(log, nil))
	_, err := kafka.New([]string{"127.0.0.1:1"}, kafka.Group("g")).OpenSource(ctx, j)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, not that of the context", err)
	}
	if want := `no broker answers at \"127.0.0.1:1\"`; !strings.Contains(log.String(), want) {
		t.Errorf("the log doesn't say %s:\n%s", want, log)
	}
}

// untilWritten keeps what is written, and stops a run with the first piece.
type untilWritten struct {
	bytes.Buffer
	stop func()
}

func (w *untilWritten) Write(p []byte) (int, error) {
	w.stop()
	return w.Buffer.Write(p)
}

// Rights that are missing are named before anything is read.
func TestMissingRights(t *testing.T) {
	rights := map[string]kfake.ACL{
		"READ on the group": acl(kmsg.ACLResourceTypeGroup, "group", kmsg.ACLOperationRead),
		"READ on \"in\"":    acl(kmsg.ACLResourceTypeTopic, "in", kmsg.ACLOperationRead),
		"WRITE on \"out\"":  acl(kmsg.ACLResourceTypeTopic, "out", kmsg.ACLOperationWrite),
	}
	wants := map[string]string{
		"READ on the group": "READ",
		"READ on \"in\"":    "READ",
		"WRITE on \"out\"":  "WRITE",
		"":                  "",
	}
	for missing, want := range wants {
		t.Run("without "+missing, func(t *testing.T) {
			var acls []kfake.ACL
			for name, right := range rights {
				if name != missing {
					acls = append(acls, right)
				}
			}
			c := newFake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", "root"),
				kfake.User("SCRAM-SHA-512", "user", "secret", acls...), kfake.SeedTopics(2, "in", "out"))
			err := open(t, c, job("", []string{"in"}, []string{"out"}), kafka.ScramSHA512("user", "secret"))
			switch {
			case want == "" && err != nil:
				t.Errorf("with all rights: %v", err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("the error is %v, wanted one with %q", err, want)
			}
		})
	}
}

func acl(kind kmsg.ACLResourceType, name string, operation kmsg.ACLOperation) kfake.ACL {
	return kfake.ACL{Resource: kind, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: operation,
		Allow: true}
}

// GrowOutputs has outputs given as many partitions as the inputs have.
func TestGrowOutputs(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 3)
	c.create(c.prefix+"out", 1)
	must(t, open(t, c, job("", []string{c.prefix + "in"}, []string{c.prefix + "out"}), kafka.GrowOutputs()))
	topics, err := kadm.NewClient(c.client).ListTopics(t.Context(), c.prefix+"out")
	must(t, err)
	if n := len(topics[c.prefix+"out"].Partitions); n != 3 {
		t.Errorf("the output has %d partitions, not the inputs' 3", n)
	}
}

package nats_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
)

// rightsOf are the subjects that the documentation names for the mill of a space, and whether a run fails without.
func rightsOf(name string) map[string]bool {
	return map[string]bool{
		name + ".totals": true, "leat.positions." + name + ".>": true,
		"$JS.API.STREAM.INFO.>": true, "$JS.API.STREAM.NAMES": true, "$JS.API.STREAM.CREATE.>": true,
		"$JS.API.STREAM.UPDATE.>":  false, // of a stream that exists
		"$JS.API.STREAM.MSG.GET.>": true,
		"$JS.API.STREAM.PURGE.>":   false, "$JS.API.CONSUMER.CREATE.>": true, "$JS.API.CONSUMER.MSG.NEXT.>": true,
		"$JS.API.CONSUMER.DELETE.>": false,
	}
}

// withoutEach is a configuration with a user for each right, who lacks that one alone; the user's name is the right's number.
func withoutEach(rights []string, more ...string) string {
	var users strings.Builder
	for i := range rights {
		left := append(slices.Delete(slices.Clone(rights), i, i+1), more...)
		fmt.Fprintf(&users, "{user: u%d, password: hush, permissions: {publish: [\"%s\"], subscribe: \"_INBOX.>\"}}\n", i,
			strings.Join(left, `", "`))
	}
	return fmt.Sprintf(`authorization {users: [{user: leat, password: "top-secret"}
		{user: deaf, password: hush, permissions: {publish: ">", subscribe: "none"}}
%s]}`, &users)
}

// A right that is missing ends a run with an error that names its subject, and check knows it before, where no other than a
// run's own reading can tell.
func TestMissingRights(t *testing.T) {
	name := fmt.Sprint("t", names.Load()+1)
	all := rightsOf(name)
	var rights []string
	for right := range all {
		rights = append(rights, right)
	}
	slices.Sort(rights)
	s := newShop(ownSpace(t, withoutEach(rights, "$SYS.REQ.USER.INFO"), userOfTests...), 8)
	expect := func(right string, err error) {
		t.Helper()
		subject := strings.TrimSuffix(right, ">")
		if err == nil || !strings.Contains(err.Error(), "ermission") || !strings.Contains(err.Error(), subject) {
			t.Errorf("without %s the error is %v", right, err)
		}
	}
	for i, right := range rights {
		user := nats.User(fmt.Sprint("u", i), "hush")
		var log lines
		mill, err := s.mill(s.server.URL(), log.logger(), user)
		s.must(err)
		b := nats.New(s.server.URL(), user, nats.Name(name), nats.Subject[total](s.subject("totals")))
		job := &broker.Job{Name: name, Looking: true, Logger: log.logger(), Outputs: b.Streams()}
		if _, _, err = b.Rehearse(t.Context(), job, nil); all[right] && !strings.Contains(right, "CONSUMER") {
			expect(right, err)
		} else if err != nil {
			t.Errorf("without %s check says %v", right, err)
		}
		if all[right] {
			ctx, cancel := context.WithTimeout(t.Context(), hung)
			expect(right, mill.Run(ctx))
			cancel()
			_ = s.js.DeleteStream(t.Context(), strings.ToUpper(name)+"_TOTALS")
		}
	}
	mill, err := s.mill(s.server.URL(), slog.New(slog.DiscardHandler), nats.User("deaf", "hush"))
	s.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	expect("_INBOX.", mill.Run(ctx))
}

// The right to publish to an output can't be tried, since others may listen there: where the server may not be asked either,
// that is told.
func TestRehearsalTriesNoOutput(t *testing.T) {
	name := fmt.Sprint("t", names.Load()+1)
	var rights []string
	for right := range rightsOf(name) {
		rights = append(rights, right)
	}
	slices.Sort(rights)
	at := slices.Index(rights, name+".totals")
	s := ownSpace(t, withoutEach(rights), userOfTests...)
	s.make("totals", "totals")
	heard, err := s.js.Conn().SubscribeSync(s.subject("totals"))
	s.must(err)
	b := nats.New(s.server.URL(), nats.User(fmt.Sprint("u", at), "hush"), nats.Subject[total](s.subject("totals")))
	job := &broker.Job{Name: name, Looking: true, Logger: slog.New(slog.DiscardHandler), Outputs: b.Streams()}
	advice, _, err := b.Rehearse(t.Context(), job, nil)
	if err != nil || !strings.Contains(strings.Join(advice, "\n"), "$SYS.REQ.USER.INFO") {
		t.Errorf("the error is %v, and the advice %q", err, advice)
	}
	if m, err := heard.NextMsg(100_000_000); !errors.Is(err, natsgo.ErrTimeout) {
		t.Errorf("who listens to the output gets %v, %v", m, err)
	}
}

// Nothing is made or changed, and what a run warns of is told.
func TestRehearsal(t *testing.T) {
	s := ownSpace(t, "")
	streams := func() (all []string) {
		for info := range s.js.ListStreams(t.Context()).Info() {
			all = append(all, fmt.Sprintf("%+v %+v", info.Config, info.State))
		}
		return all
	}
	s.makeAs(jetstream.StreamConfig{Name: "OUT", Subjects: []string{s.subject("out")}, Storage: jetstream.MemoryStorage,
		MaxMsgSize: 2000})
	s.publish("out", "1")
	before := streams()
	rehearse := func(subject, result string, outputs int) ([]string, int, error) {
		b := nats.New(s.server.URL(), nats.Name(s.name), nats.Subject[total](s.subject(subject)))
		job := &broker.Job{Name: s.name, Looking: true, Logger: slog.New(slog.DiscardHandler), Outputs: b.Streams()[:outputs]}
		return b.Rehearse(t.Context(), job, []broker.Result{{Value: []byte(`{}`)}, {Value: []byte(result)}}[:2*outputs])
	}
	advice, refused, err := rehearse("out", `{"id":1}`, 1)
	if err != nil || refused != -1 ||
		!strings.Contains(fmt.Sprint(advice), "stream OUT: the stream of the outputs is in the server's memory") {
		t.Errorf("an output that exists: %q, %d, %v", advice, refused, err)
	}
	if _, refused, err = rehearse("out", strings.Repeat("x", 3000), 1); refused != 1 || err == nil ||
		!strings.Contains(err.Error(), "max_msg_size") {
		t.Errorf("a result that is too large: %d, %v", refused, err)
	}
	if advice, refused, err = rehearse("new", `{"id":1}`, 1); err != nil || refused != -1 || len(advice) > 0 {
		t.Errorf("an output that is made: %q, %d, %v", advice, refused, err)
	}
	if advice, refused, err = rehearse("new", "", 0); err != nil || refused != -1 || len(advice) > 0 {
		t.Errorf("positions alone: %q, %d, %v", advice, refused, err)
	}
	if after := streams(); !slices.Equal(before, after) {
		t.Errorf("there were the streams\n%v\nand then\n%v", before, after)
	}
}

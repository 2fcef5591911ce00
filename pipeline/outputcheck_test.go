package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// An output that would delete results as soon as they are written, or that takes none of them, is told before a run.
func TestCheckTellsOfOutputsThatKeepNothing(t *testing.T) {
	k := newPlant(t, false)
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Brokers...))
	k.must(err)
	defer client.Close()
	admin := kadm.NewClient(client)
	_, err = admin.CreateTopic(t.Context(), 1, 1, nil, "places")
	k.must(err)
	for _, line := range strings.Split(strings.TrimSpace(walk(1, 0, 9)), "\n") {
		r := &kgo.Record{Topic: "places", Value: []byte(line), Timestamp: time.Now().Add(-48 * time.Hour)}
		k.must(client.ProduceSync(t.Context(), r).FirstErr())
	}
	p := k.parse(onKafka)
	for _, test := range []struct{ setting, value, says string }{
		{"", "", ""},
		{"retention.ms", "86400000", "deletes records after 24h0m0s"},
		{"retention.ms", "259200000", ""},
		{"cleanup.policy", "compact", "takes results with keys only"},
	} {
		if test.setting != "" {
			_, err := admin.CreateTopic(t.Context(), 1, 1, map[string]*string{test.setting: &test.value}, "steps")
			k.must(err)
		}
		report, err := p.Check(t.Context(), quiet())
		k.must(err)
		if said := strings.Join(report.Problems, "\n"); (said != "") != (test.says != "") || !strings.Contains(said, test.says) {
			t.Errorf("%s=%s: check says %q, wanted %q", test.setting, test.value, said, test.says)
		}
		if test.setting != "" {
			_, err := admin.DeleteTopic(t.Context(), "steps")
			k.must(err)
		}
	}
}

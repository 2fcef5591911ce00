package pipeline_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What Kafka would refuse of a run from topics to a topic is told by check, which makes nothing.
func TestCheckLooksAtTheOutputTopic(t *testing.T) {
	k := newPlant(t, false)
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Brokers...))
	k.must(err)
	defer client.Close()
	admin := kadm.NewClient(client)
	_, err = admin.CreateTopic(t.Context(), 1, 1, nil, "places")
	k.must(err)
	for _, line := range strings.Split(strings.TrimSpace(walk(1, 0, 9)), "\n") {
		k.must(client.ProduceSync(t.Context(), &kgo.Record{Topic: "places", Value: []byte(line)}).FirstErr())
	}
	p := k.parse(onKafka)
	for _, want := range []string{"", `need as many partitions as the inputs, 1, but "steps" has 2`} {
		report, err := p.Check(t.Context(), quiet())
		k.must(err)
		if said := strings.Join(report.Problems, "\n"); (said != "") != (want != "") || !strings.Contains(said, want) {
			t.Errorf("check says %q, wanted %q", said, want)
		}
		if want == "" {
			_, err = admin.CreateTopic(t.Context(), 2, 1, nil, "steps") // fails where check has made it
			k.must(err)
		}
	}
}

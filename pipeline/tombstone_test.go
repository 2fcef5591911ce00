package pipeline_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/pipeline"
)

// Records without a value are passed over by everything that reads topics, and counted; with "tombstones: true" each is
// the object that is its key.
func TestTombstonesOnKafka(t *testing.T) {
	k := newPlant(t, false)
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Brokers...))
	k.must(err)
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, "places")
	k.must(err)
	for _, r := range []*kgo.Record{
		{Value: []byte(`{"robot":1,"time":0,"x":0}`)},
		{Key: []byte(`{"robot":1,"time":10,"x":5}`)},
		{Value: []byte(`{"robot":1,"time":20,"x":7}`)},
		{Value: []byte(`{"robot":1,"time":30,"x":9}`)},
		{Value: []byte(`{"eos__": true}`)},
	} {
		r.Topic = "places"
		k.must(client.ProduceSync(t.Context(), r).FirstErr())
	}
	const passedOver = `{"robot":1,"time":20,"dx":2}` + "\n"
	const taken = `{"robot":1,"time":0,"dx":5}` + "\n" + `{"robot":1,"time":10,"dx":2}` + "\n" + passedOver
	for _, test := range []struct {
		option, results  string
		output           string // and group
		read, tombstones int64
		explained        bool
	}{
		{"", passedOver, "without", 3, 1, false},
		{", tombstones: true", taken, "with", 4, 0, true},
	} {
		text := strings.ReplaceAll(onKafka, "topic: places", "topic: places"+test.option)
		text = strings.ReplaceAll(text, "kafka: {", "kafka: {group: "+test.output+", ")
		text = strings.ReplaceAll(text, "topic: steps", "topic: "+test.output)
		p := k.parse(text)
		_, err := p.Lag(t.Context(), quiet())
		k.must(err)
		report, err := p.Check(t.Context(), quiet())
		k.must(err)
		if len(report.Problems) > 0 || report.Streams[0].Read != int(test.read) {
			t.Errorf("%q: check has read %d elements, and says %v", test.option, report.Streams[0].Read, report.Problems)
		}
		explanation, err := p.Explain(t.Context(), quiet(), pipeline.About{Key: "10"})
		k.must(err)
		if found := strings.Contains(explanation.String(), "at offset 1 of places"); found != test.explained {
			t.Errorf("%q: explain says\n%s", test.option, explanation)
		}
		options := quiet()
		options.Monitor = &pipeline.Monitor{}
		k.must(p.Run(t.Context(), options))
		if got := k.dump(test.output); got != test.results {
			t.Errorf("%q: got %s, want %s", test.option, got, test.results)
		}
		if s := options.Monitor.Progress().Streams[0]; s.Tombstones != test.tombstones || s.Read != test.read {
			t.Errorf("%q: the run has counted %+v", test.option, s)
		}
	}
	if got := k.dump("places"); strings.Count(got, "\n") != 3 {
		t.Errorf("the dump has\n%s", got)
	}
}

package registry_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/protobuf"
	"github.com/leat-go/leat/codec/protobuf/testdata/robotpb"
	"github.com/leat-go/leat/codec/registry"
)

// NextRobotLocation is what a self-join needs: a second type of the same message.
type NextRobotLocation struct{ robotpb.Location }

type Speed struct {
	From  int64    `json:"from"`
	To    int64    `json:"to"`
	X     float64  `json:"x"`
	Limit *float64 `json:"limit"`
}

func speeds(t *testing.T, schemas *registry.Client) (*memory.Broker, *leat.Mill) {
	t.Helper()
	locations := memory.Codec(protobuf.Codec(protobuf.Registry(schemas), protobuf.Subject("locations-value")))
	streams := memory.New(
		memory.Stream[robotpb.Location]("locations", locations),
		memory.Stream[NextRobotLocation]("locations", locations),
		memory.Stream[Speed]("speeds", memory.Codec(avro.Codec(avro.Registry(schemas), avro.Subject("speeds-value")))),
	)
	mill, err := leat.New(func(l *robotpb.Location, next []*NextRobotLocation) Speed {
		return Speed{From: l.Time, To: next[0].Time, X: next[0].At.X - l.At.GetX()}
	},
		leat.Broker(streams),
		leat.Join(
			func(l *robotpb.Location) int64 { return l.Time + 10 },
			func(r *NextRobotLocation) int64 { return r.Time },
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(4) {
		at := &robotpb.Point{X: float64(i * i)}
		if err := memory.Append(streams, "locations", 0, robotpb.Location{Time: 10 * i, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	if err := streams.End("locations"); err != nil {
		t.Fatal(err)
	}
	return streams, mill
}

// A mill joins streams of messages and writes Avro: the formats change nothing of the rules (R2, R3).
func TestMillOnRegisteredFormats(t *testing.T) {
	streams, mill := speeds(t, codectest.Serve(t).Client(t))
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := memory.Elements[Speed](streams, "speeds", 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Speed{{0, 10, 1, nil}, {10, 20, 3, nil}, {20, 30, 5, nil}}, got); diff != "" {
		t.Error(diff)
	}
}

// A schema that the registry refuses ends the run before anything is read.
func TestMillWhoseSchemaIsRefused(t *testing.T) {
	s := codectest.Serve(t)
	streams, mill := speeds(t, s.Client(t))
	s.SeedSchema("speeds-value", 1, 50, sr.Schema{Schema: `"string"`})
	s.Refuse("speeds-value", 409, "READER_FIELD_MISSING_DEFAULT_VALUE")
	err := mill.Run(t.Context())
	codectest.WantError(t, err, `subject "speeds-value": the schema is incompatible with the subject's earlier ones `+
		`(409): keep their fields and give new ones a default, write under another subject, or change the subject's `+
		`compatibility: READER_FIELD_MISSING_DEFAULT_VALUE`)
	if refused := (*sr.ResponseError)(nil); !errors.As(err, &refused) {
		t.Errorf("%#v", err)
	}
	if got, err := memory.Elements[Speed](streams, "speeds", 0); err != nil || len(got) > 0 {
		t.Error(got, err)
	}
}

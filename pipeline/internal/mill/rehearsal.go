package mill

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// ResultEncoder returns what encodes the results of the function for a storage that is no file and no Kafka.
func ResultEncoder() (codec.Encode, error) {
	return object.Codec{}.Encoder(reflect.TypeFor[object.Object]())
}

// RehearsesOutput reports whether the output's storage can tell before a run what it would refuse.
func (m *Mill) RehearsesOutput() bool {
	if m.Output.Stored == nil {
		return false
	}
	undisclosed := storage.Setup{Dir: filepath.Dir(m.File), Undisclosed: true}
	s, err := m.connections[m.Output.Storage].Broker(&undisclosed)
	_, ok := s.(broker.Rehearser)
	return err == nil && ok
}

// RehearseOutput has the output's storage try results, as [broker.Rehearser] says. The logger is told of a storage that is
// waited for; nil stands for [slog.Default]. REQUIRES: RehearsesOutput.
func (m *Mill) RehearseOutput(ctx context.Context, results [][]byte, logger *slog.Logger) (refused int, err error) {
	declared := m.output(m.Layout(nil))
	s := m.newStored(m.Output.Storage, []storage.Declared{{Stream: declared, Stored: m.Output.Stored}}).(*stored)
	opened, err := s.open()
	if err != nil {
		return -1, err
	}
	job := &broker.Job{Name: m.Name, Outputs: []broker.Stream{declared}, Looking: true, Logger: cmp.Or(logger, slog.Default()),
		Access: s.connection.Access()}
	all := make([]broker.Result, len(results))
	for i := range all {
		all[i].Value = results[i]
	}
	refused, err = opened.(broker.Rehearser).Rehearse(ctx, job, all)
	return refused, s.locate(err)
}

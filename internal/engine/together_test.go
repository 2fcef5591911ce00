package engine_test

import (
	"bytes"
	"context"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// together is a sink whose output encodes results itself, and gets them side by side.
type together struct{ broker.Sink }

func (s together) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	out, err := s.Sink.OpenSink(ctx, job)
	if err != nil {
		return nil, err
	}
	return &togetherOutput{out.(keepingOutput), job}, nil
}

// A keepingOutput is what the output of a storage in memory is.
type keepingOutput interface {
	broker.Keeper
	broker.Pacer
	broker.Output
}

type togetherOutput struct {
	keepingOutput
	job *broker.Job
}

// Encoder has each result begin a line.
func (o *togetherOutput) Encoder(stream int) codec.Encode {
	encode, err := o.job.Outputs[stream].Codec.Encoder(o.job.Outputs[stream].Type)
	if err != nil {
		return nil
	}
	return func(dst []byte, element any) ([]byte, error) { return encode(append(dst, '\n'), element) }
}

// Commit takes the results apart.
func (o *togetherOutput) Commit(ctx context.Context, commits []broker.Commit) error {
	apart := make([]broker.Commit, len(commits))
	for i, c := range commits {
		apart[i], apart[i].Results = c, nil
		for _, r := range c.Results {
			values := bytes.Split(r.Value, []byte{'\n'})[1:]
			if len(values) != r.Count {
				panic("the results are not as many as are counted")
			}
			for _, value := range values {
				apart[i].Results = append(apart[i].Results, broker.Result{Stream: r.Stream, Value: value})
			}
		}
	}
	err := o.keepingOutput.Commit(ctx, apart)
	for i := range apart {
		commits[i].Lost = apart[i].Lost
	}
	return err
}

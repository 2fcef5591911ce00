package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/nats"
	"github.com/leat-go/leat/internal/natsserver"
)

var natsStorage = storage{
	start: inTempDir(func(ctx context.Context, dir string) (string, func() error, error) {
		program, err := natsserver.Build(ctx, filepath.Dir(dir))
		if err != nil {
			return "", nil, err
		}
		server, err := natsserver.Start(ctx, program, dir, "")
		if err != nil {
			return "", nil, err
		}
		return server.URL(), server.Stop, nil
	}),
	fill: func(ctx context.Context, url string, rows int) error {
		return onNATS(url, func(js jetstream.JetStream) error {
			if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"events"}}); err != nil {
				return err
			}
			for i := range rows {
				text, err := json.Marshal(nth(i))
				if err != nil {
					return err
				}
				if _, err := js.PublishAsync("events", text, patient); err != nil {
					return err
				}
			}
			if _, err := js.PublishAsync("events", endMark); err != nil {
				return err
			}
			return published(ctx, js)
		})
	},
	clear: func(ctx context.Context, url string) error {
		return onNATS(url, func(js jetstream.JetStream) error {
			if err := js.DeleteStream(ctx, "RESULTS"); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				return err
			}
			_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "RESULTS", Subjects: []string{"results", "position"}})
			return err
		})
	},
	sum: func(ctx context.Context, url string) (sum string, err error) {
		err = onNATS(url, func(js jetstream.JetStream) error {
			var all result
			n := 0
			err := eachOnNATS(ctx, js, "RESULTS", "results", func(data []byte) error {
				var r result
				err := json.Unmarshal(data, &r)
				n, all.ID, all.Double = n+1, all.ID+r.ID, all.Double+r.Double
				return err
			})
			sum = fmt.Sprintf("%d rows, %d, %g", n, all.ID, all.Double)
			return err
		})
		return sum, err
	},
	leat: func(ctx context.Context, url string) error {
		mill, err := leat.New(typed, leat.Name("bench"), leat.Logger(slog.New(slog.DiscardHandler)),
			leat.Broker(nats.New(url, nats.Subject[event]("events", nats.InStream("EVENTS")),
				nats.Subject[result]("results", nats.InStream("RESULTS")))))
		if err != nil {
			return err
		}
		return mill.Run(ctx)
	},
	loop: func(ctx context.Context, url string) error {
		return onNATS(url, func(js jetstream.JetStream) error { return loopOnNATS(ctx, js) })
	},
}

// patient waits where too much is not acknowledged yet.
var patient = jetstream.WithStallWait(time.Minute)

var endMark = []byte(`{"eos__": true}`)

func onNATS(url string, do func(js jetstream.JetStream) error) error {
	c, err := natsgo.Connect(url)
	if err != nil {
		return err
	}
	defer c.Close()
	js, err := jetstream.New(c, jetstream.WithPublishAsyncMaxPending(4000))
	if err != nil {
		return err
	}
	return do(js)
}

// published waits until everything that was published is acknowledged.
func published(ctx context.Context, js jetstream.JetStream) error {
	select {
	case <-js.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// eachOnNATS reads a subject from its beginning up to the end mark.
func eachOnNATS(ctx context.Context, js jetstream.JetStream, stream, subject string, take func(data []byte) error) error {
	consumer, err := js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1000))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if string(m.Data()) == string(endMark) || string(m.Data()) == `{"eos__":true}` {
			return nil
		}
		if err := take(m.Data()); err != nil {
			return err
		}
	}
}

// loopOnNATS waits every 100 ms until what it has published is acknowledged, and publishes its position then. That is at
// least once: the driver has no batches.
func loopOnNATS(ctx context.Context, js jetstream.JetStream) error {
	begun, n := time.Now(), 0
	commit := func() error {
		if err := published(ctx, js); err != nil {
			return err
		}
		_, err := js.Publish(ctx, "position", []byte(strconv.Itoa(n)))
		return err
	}
	err := eachOnNATS(ctx, js, "EVENTS", "events", func(data []byte) error {
		var e event
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		text, err := json.Marshal(double(e))
		if err != nil {
			return err
		}
		if _, err := js.PublishAsync("results", text, patient); err != nil {
			return err
		}
		if n++; time.Since(begun) > between {
			begun = time.Now()
			return commit()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := commit(); err != nil {
		return err
	}
	_, err = js.Publish(ctx, "results", endMark)
	return err
}

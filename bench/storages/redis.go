package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/redis"
	"github.com/leat-go/leat/internal/redisserver"
)

var redisStorage = storage{
	start: inTempDir(redisserver.Demo),
	fill: func(ctx context.Context, url string, rows int) error {
		return onRedis(url, func(c *goredis.Client) error {
			for first := 0; first < rows; first += 10_000 {
				_, err := c.Pipelined(ctx, func(p goredis.Pipeliner) error {
					for i := first; i < min(rows, first+10_000); i++ {
						text, err := json.Marshal(nth(i))
						if err != nil {
							return err
						}
						p.XAdd(ctx, &goredis.XAddArgs{Stream: "events", Values: []any{"json", text}})
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return c.XAdd(ctx, &goredis.XAddArgs{Stream: "events", Values: []any{"eos__", "true"}}).Err()
		})
	},
	clear: func(ctx context.Context, url string) error {
		return onRedis(url, func(c *goredis.Client) error {
			return c.Del(ctx, "results", "position", "leat:positions:bench").Err()
		})
	},
	sum: func(ctx context.Context, url string) (sum string, err error) {
		err = onRedis(url, func(c *goredis.Client) error {
			var all result
			n := 0
			return eachOnRedis(ctx, c, "results", func(m goredis.XMessage) (bool, error) {
				text, ok := m.Values["json"].(string)
				if !ok { // the end mark
					sum = fmt.Sprintf("%d rows, %d, %g", n, all.ID, all.Double)
					return false, nil
				}
				var r result
				if err := json.Unmarshal([]byte(text), &r); err != nil {
					return false, err
				}
				n, all.ID, all.Double = n+1, all.ID+r.ID, all.Double+r.Double
				return true, nil
			})
		})
		return sum, err
	},
	leat: func(ctx context.Context, url string) error {
		mill, err := leat.New(typed, leat.Name("bench"), leat.Logger(slog.New(slog.DiscardHandler)),
			leat.Broker(redis.New(url, redis.Stream[event]("events"), redis.Stream[result]("results"))))
		if err != nil {
			return err
		}
		return mill.Run(ctx)
	},
	loop: func(ctx context.Context, url string) error {
		return onRedis(url, func(c *goredis.Client) error { return loopOnRedis(ctx, c) })
	},
}

func onRedis(url string, do func(c *goredis.Client) error) error {
	options, err := goredis.ParseURL(url)
	if err != nil {
		return err
	}
	c := goredis.NewClient(options)
	return errors.Join(do(c), c.Close())
}

// eachOnRedis reads a stream from its beginning until take says that it is enough.
func eachOnRedis(ctx context.Context, c *goredis.Client, key string,
	take func(goredis.XMessage) (more bool, err error)) error {
	for at := "0"; ; {
		read, err := c.XRead(ctx, &goredis.XReadArgs{Streams: []string{key, at}, Count: 1000, Block: time.Second}).Result()
		if err != nil {
			return err
		}
		for _, m := range read[0].Messages {
			if more, err := take(m); err != nil || !more {
				return err
			}
			at = m.ID
		}
	}
}

// loopOnRedis writes results and position in one transaction.
func loopOnRedis(ctx context.Context, c *goredis.Client) error {
	var batch [][]byte
	var last string
	commit := func() error {
		_, err := c.TxPipelined(ctx, func(p goredis.Pipeliner) error {
			for _, text := range batch {
				p.XAdd(ctx, &goredis.XAddArgs{Stream: "results", Values: []any{"json", text}})
			}
			return p.Set(ctx, "position", last, 0).Err()
		})
		batch = batch[:0]
		return err
	}
	begun := time.Now()
	err := eachOnRedis(ctx, c, "events", func(m goredis.XMessage) (bool, error) {
		text, ok := m.Values["json"].(string)
		if !ok {
			return false, nil
		}
		var e event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return false, err
		}
		encoded, err := json.Marshal(double(e))
		if err != nil {
			return false, err
		}
		if batch, last = append(batch, encoded), m.ID; time.Since(begun) > between {
			begun = time.Now()
			return true, commit()
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	if err := commit(); err != nil {
		return err
	}
	return c.XAdd(ctx, &goredis.XAddArgs{Stream: "results", Values: []any{"eos__", "true"}}).Err()
}

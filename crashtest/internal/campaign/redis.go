package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/redis"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/endmark"
	"github.com/leat-go/leat/internal/redisserver"
)

func redisKind() kind {
	return kind{name: "redis", start: startRedis, broker: redisBroker, marks: true, commit: "evalsha"}
}

func redisBroker(target string) broker.Storage {
	return redis.New(target,
		redis.Stream[workload.Step](workload.Steps),
		redis.Stream[workload.Next](workload.Steps),
		redis.Stream[workload.Detail](workload.Details),
		redis.Stream[workload.Note](workload.Notes),
		redis.Stream[workload.Halt](workload.Notes),
		redis.Stream[workload.Result](workload.Results))
}

// A redisStorage is a Redis whose settings are durable.
type redisStorage struct {
	process *redisserver.Server
	client  *goredis.Client
}

func startRedis(ctx context.Context, dir string) (storage, error) {
	process, err := redisserver.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	s := &redisStorage{process: process}
	options, err := goredis.ParseURL(s.target(process.Address()))
	if err != nil {
		return nil, errors.Join(err, process.Kill())
	}
	s.client = goredis.NewClient(options)
	for _, name := range workload.Inputs() { // an empty stream is made by a group of its consumers
		err = errors.Join(err, s.client.XGroupCreateMkStream(ctx, name, "none", "$").Err())
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *redisStorage) server() server { return s.process }

func (s *redisStorage) target(address string) string {
	return fmt.Sprintf("redis://default:%s@%s/0", redisserver.Password, address)
}

// append adds entries whose ids are their numbers: the server refuses those that are there.
func (s *redisStorage) append(ctx context.Context, stream string, first int, elements []*workload.Element) error {
	pipe := s.client.Pipeline()
	for i, e := range elements {
		field, value := "json", []byte("true")
		if e == nil {
			field = "eos__"
		} else {
			value, _ = json.Marshal(e) // numbers always can be
		}
		pipe.XAdd(ctx, &goredis.XAddArgs{Stream: stream, ID: fmt.Sprintf("%d-1", first+i+1), Values: []any{field, value}})
	}
	replies, err := pipe.Exec(ctx)
	for _, reply := range replies {
		failed := reply.Err()
		if failed != nil && !strings.Contains(failed.Error(), "equal or smaller") {
			return errors.Join(failed, err)
		}
	}
	return nil
}

func (s *redisStorage) output() output { return &redisOutput{client: s.client, last: "0-0"} }

func (s *redisStorage) close() error { return errors.Join(s.client.Close(), s.process.Kill()) }

// A redisOutput reads the entries of the output.
type redisOutput struct {
	client *goredis.Client
	last   string
	count  int64
}

func (o *redisOutput) next(ctx context.Context) (records []record, err error) {
	entries, err := o.client.XRangeN(ctx, workload.Results, "("+o.last, "+", 10000).Result()
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		value := []byte(endmark.Value)
		if _, mark := entry.Values["eos__"]; !mark {
			value = fmt.Append(nil, entry.Values["json"])
		}
		records = append(records, record{o.count, value})
		o.last, o.count = entry.ID, o.count+1
	}
	return records, nil
}

func (o *redisOutput) close() {}

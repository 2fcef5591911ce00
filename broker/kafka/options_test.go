package kafka_test

import (
	"testing"
	"time"

	"github.com/leat-go/leat/broker/kafka"
)

// What an option can't do it says where it is given, in words of its own.
func TestImpossibleOptionsPanic(t *testing.T) {
	for want, option := range map[string]func(){
		`kafka.New: option 1 is nil; leave it out`:                                                func() { kafka.New([]string{"localhost"}, nil) },
		`kafka.Topic("a"): option 1 is nil; leave it out`:                                         func() { kafka.Topic[int]("a", nil) },
		`kafka.Codec: the codec is nil; leave the option out for codec.JSON`:                      func() { kafka.Codec(nil) },
		`kafka.Key: the function is nil; leave the option out for the keys of the master records`: func() { kafka.Key[int](nil) },
		`kafka.Key: the function takes string, but topic "a" holds int`:                           func() { kafka.Topic[int]("a", kafka.Key(func(string) []byte { return nil })) },
		`kafka.OAuthBearer: the function that gives tokens is nil`:                                func() { kafka.OAuthBearer(nil) },
		`kafka.MaxElement(0): an element has at least one byte`:                                   func() { kafka.MaxElement(0) },
		`kafka.CommitInterval(-1ns): an interval can't be negative`:                               func() { kafka.CommitInterval(-time.Nanosecond) },
		`kafka.CommitResults(0): a transaction holds at least one result`:                         func() { kafka.CommitResults(0) },
		`kafka.CommitBytes(0): a transaction holds at least one byte`:                             func() { kafka.CommitBytes(0) },
		`kafka.ReadAhead(0): at least one byte must be read`:                                      func() { kafka.ReadAhead(0) },
		`kafka.DataTimeout(-1s): a time can't be negative`:                                        func() { kafka.DataTimeout(-time.Second) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("got %v, want %s", got, want)
				}
			}()
			option()
		}()
	}
}

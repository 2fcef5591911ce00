package file_test

import (
	"testing"

	"github.com/leat-go/leat/broker/file"
)

// What an option can't do it says where it is given, in words of its own.
func TestImpossibleOptionsPanic(t *testing.T) {
	for want, option := range map[string]func(){
		`file.New: option 2 is nil; leave it out`:                           func() { file.New(file.At[int]("a.json"), nil) },
		`file.At("a.json"): option 1 is nil; leave it out`:                  func() { file.At[int]("a.json", nil) },
		`file.Codec: the codec is nil; leave the option out for codec.JSON`: func() { file.Codec(nil) },
		`file.Named("b"): the stream "a.json" is named "a" already; leave one out`: func() {
			file.At[int]("a.json", file.Named("a"), file.Named("b"))
		},
		`file.Stdin: the reader is nil; strings.NewReader("") is one of nothing`: func() { file.Stdin(nil) },
		`file.Stdout: the writer is nil; io.Discard is one that keeps nothing`:   func() { file.Stdout(nil) },
		`file.MaxElement(-1): an element has at least one byte`:                  func() { file.MaxElement(-1) },
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

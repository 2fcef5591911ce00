package jsonfile_test

import (
	"testing"

	"github.com/leat-go/leat/broker/jsonfile"
)

// What an option can't do it says where it is given, in words of its own.
func TestImpossibleOptionsPanic(t *testing.T) {
	for want, option := range map[string]func(){
		`jsonfile.New: option 2 is nil; leave it out`:                                func() { jsonfile.New(jsonfile.File[int]("a.json"), nil) },
		`jsonfile.File("a.json"): option 1 is nil; leave it out`:                     func() { jsonfile.File[int]("a.json", nil) },
		`jsonfile.Codec: the codec is nil; leave the option out for codec.JSON`:      func() { jsonfile.Codec(nil) },
		`jsonfile.Stdin: the reader is nil; strings.NewReader("") is one of nothing`: func() { jsonfile.Stdin(nil) },
		`jsonfile.Stdout: the writer is nil; io.Discard is one that keeps nothing`:   func() { jsonfile.Stdout(nil) },
		`jsonfile.MaxElement(-1): an element has at least one byte`:                  func() { jsonfile.MaxElement(-1) },
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

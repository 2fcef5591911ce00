package file_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/codec"
)

// A Reading is an element of the examples.
type Reading struct {
	Time    int64   `json:"time"`
	Celsius float64 `json:"celsius"`
}

// runOn runs a mill over files, which prints what goes wrong.
func runOn(files *file.Broker, fn any) {
	mill, err := leat.New(fn, leat.Broker(files), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		_, reason, _ := strings.Cut(err.Error(), "readings.jsonl:")
		what, remedy, _ := strings.Cut(reason, "; ")
		fmt.Println(what)
		fmt.Println(remedy)
	}
}

// temporary makes a file in a directory of its own, which remove removes.
func temporary(name, text string) (path string, remove func()) {
	dir, err := os.MkdirTemp("", "leat")
	if err != nil {
		log.Fatal(err)
	}
	path = filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	return path, func() { os.RemoveAll(dir) }
}

// fahrenheit is a codec whose readings have other members than the elements.
type fahrenheit struct{ codec.Codec }

func (f fahrenheit) Decoder(t reflect.Type) (codec.Decode, error) {
	if t != reflect.TypeFor[Reading]() {
		return nil, fmt.Errorf("only readings are decoded, not %v", t)
	}
	return func(value []byte, into any) error {
		r := into.(*Reading)
		var degrees float64
		_, err := fmt.Sscanf(string(value), `{"t":%d,"f":%g}`, &r.Time, &degrees)
		r.Celsius = (degrees - 32) / 1.8
		return err
	}, nil
}

// A codec gets each JSON object as it stands in the file.
func ExampleCodec() {
	path, remove := temporary("readings.jsonl", `{"t":0,"f":50}`)
	defer remove()
	runOn(file.New(file.At[Reading](path, file.Codec(fahrenheit{codec.JSON}))),
		func(r Reading) { fmt.Println(r) })
	// Output: {0 10}
}

// An element that is larger than expected ends the run before it takes memory.
func ExampleMaxElement() {
	path, remove := temporary("readings.jsonl", `{"time":0}`+"\n"+`{"time":1,"note":"`+strings.Repeat("x", 1000)+`"}`)
	defer remove()
	runOn(file.New(file.At[Reading](path, file.MaxElement(100))),
		func(r Reading) { fmt.Println(r.Time) })
	// Output:
	// 0
	// 2:1 (partition 0, offset 1): element too large: it has more than the 100 bytes that the stream allows
	// raise that with the stream's option MaxElement
}

// A log file is read on as it grows, through rotations, until nothing has come for a minute. Results go to standard
// output as they come.
func ExampleFollow() {
	files := file.New(
		file.At[Reading]("/var/log/readings.jsonl", file.Follow(), file.DataTimeout(time.Minute)),
		file.At[Reading]("-", file.Named("hot")),
	)
	hot := func(r Reading) *Reading {
		if r.Celsius < 90 {
			return nil
		}
		return &r
	}
	mill, err := leat.New(hot, leat.Broker(files))
	fmt.Println(mill != nil, err)
	// Output: true <nil>
}

// The session ends a tenth of a second after the last line, and the run with it.
func ExampleDataTimeout() {
	path, remove := temporary("readings.jsonl", `{"time":0}`+"\n")
	defer remove()
	runOn(file.New(file.At[Reading](path, file.Follow(), file.DataTimeout(100*time.Millisecond))),
		func(r Reading) { fmt.Println(r.Time) })
	// Output: 0
}

// What a mill writes to standard output goes to a buffer instead.
func ExampleStdout() {
	path, remove := temporary("readings.json", `[{"time":0,"celsius":10}, {"time":1,"celsius":11}]`)
	defer remove()
	var out bytes.Buffer
	files := file.New(
		file.At[Reading](path),
		file.At[Reading]("-", file.Named("out")),
		file.Stdout(&out),
	)
	runOn(files, func(r Reading) Reading { return r })
	fmt.Print(out.String())
	// Output:
	// {"time":0,"celsius":10}
	// {"time":1,"celsius":11}
}

// A stream whose name comes from configuration.
func ExampleStreams() {
	stream := broker.NewStream[Reading]("readings.jsonl.zst")
	stream.MaxElement = 1 << 20
	files := file.New(file.Streams(stream))
	fmt.Println(files.Streams()[0].Name, files.Streams()[0].MaxElement)
	// Output: readings.jsonl.zst 1048576
}

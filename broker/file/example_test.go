package file_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// A broker for a self-join of a robot's locations, read twice, that writes speeds. It goes to leat.New by leat.Broker.
func ExampleNew() {
	type Location struct{ Time int64 }
	type NextLocation Location
	type Speed struct{ Speed float64 }

	files := file.New(
		file.At[Location]("robot-locations.json"),
		file.At[NextLocation]("robot-locations.json"),
		file.At[Speed]("robot-speed.jsonl.gz"),
	)
	for _, stream := range files.Streams() {
		fmt.Println(stream.Name, stream.Type)
	}
	fmt.Println(files.Guarantee())
	// Output:
	// robot-locations.json file_test.Location
	// robot-locations.json file_test.NextLocation
	// robot-speed.jsonl.gz file_test.Speed
	// all at the end or nothing
}

// Two streams of one element type are told apart by name.
func ExampleNamed() {
	type Location struct{ Time int64 }
	files := file.New(
		file.At[Location]("robot-2.json"),
		file.At[Location]("robot-3.json", file.Named("robot-3")),
	)
	fmt.Println(files.Streams()[1].As)
	// Output: robot-3
}

// A test or a server may put something else in the place of standard input. This reads it as the engine does.
func ExampleStdin() {
	type Location struct{ Time int64 }
	files := file.New(
		file.At[Location]("-"),
		file.Stdin(strings.NewReader(`[{"time":0}, {"time":10}]`)),
	)
	ctx := context.Background()
	in, err := files.OpenSource(ctx, &broker.Job{Inputs: files.Streams(), Logger: slog.Default()})
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := in.Reader(ctx, 0, 0, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		records, err := reader.Read(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, r := range records {
			fmt.Printf("%d, line %d, column %d: %s\n", r.Offset, r.Line, r.Column, r.Value)
		}
	}
	// Output:
	// 0, line 1, column 2: {"time":0}
	// 1, line 1, column 14: {"time":10}
}

// What is wrong with a file is said with its place.
func ExampleAt() {
	dir, err := os.MkdirTemp("", "leat")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "locations.json")
	if err := os.WriteFile(path, []byte("[\n{\"time\":0}\n{\"time\":10}\n]\n"), 0o666); err != nil {
		fmt.Println(err)
		return
	}
	in, err := openSource(file.New(file.At[location](path)))
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := values(in, 0)
	where, what, _ := strings.Cut(strings.TrimPrefix(err.Error(), dir+string(filepath.Separator)), "): ")
	fmt.Println(read, where)
	fmt.Println(what)
	// Output:
	// [{"time":0}] locations.json:3:1 (partition 0, offset 1
	// a comma is missing between the object that begins here and the one before
}

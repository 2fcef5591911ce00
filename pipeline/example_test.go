package pipeline_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

const readings = `{"time": 0, "volts": 3}
{"time": 1, "volts": 4.50}
{"time": 2, "volts": 5}
`

// A pipeline that reads standard input and writes standard output is a filter.
func ExamplePipeline_Run() {
	p, err := pipeline.Parse("power.yaml", []byte(`
streams:
  reading: {file: "-"}
  power:   {file: "-"}
master: reading
output: power
emit:
  time: reading.time
  volts: reading.volts
  watts: reading.volts ** 2 / 50
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	options := pipeline.Options{Stdin: strings.NewReader(readings), Stdout: os.Stdout}
	if err := p.Run(context.Background(), options); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"time":0,"volts":3,"watts":0.18}
	// {"time":1,"volts":4.50,"watts":0.405}
	// {"time":2,"volts":5,"watts":0.5}
}

// What is wrong with a pipeline file is said with its line and column.
func ExampleParse() {
	_, err := pipeline.Parse("power.yaml", []byte(`
streams: {reading: {file: volts.json}, power: {file: power.json}}
master: reading
output: power
emit: {watts: raeding.volts ** 2 / 50}
`))
	fmt.Println(err)
	// Output:
	// power.yaml:5:15: unknown name raeding, did you mean reading?
}

// A pipeline of topics can be tried on a Kafka in this process; demo says what is loaded.
func ExamplePipeline_Demo() {
	p, err := pipeline.Parse("power.yaml", []byte(`
streams:
  reading: {topic: readings, demo: "-"}
  power:   {topic: power}
master: reading
output: power
emit: {time: reading.time, watts: reading.volts ** 2 / 50}
kafka: {brokers: [localhost:9092]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	options := pipeline.Options{
		Stdin:  strings.NewReader(readings),
		Stdout: os.Stdout,
		Logger: slog.New(slog.DiscardHandler),
	}
	if err := p.Demo(context.Background(), options); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"time":0,"watts":0.18}
	// {"time":1,"watts":0.405}
	// {"time":2,"watts":0.5}
}

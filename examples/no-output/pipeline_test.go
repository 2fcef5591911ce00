// Package nooutput_test asks the pipeline file what "leat check no-output.yaml" tells first.
package nooutput_test

import (
	"context"
	"fmt"
	"log"

	"github.com/leat-go/leat/pipeline"
)

func Example() {
	p, err := pipeline.Load("no-output.yaml")
	if err != nil {
		log.Fatal(err)
	}
	report, err := p.Check(context.Background(), pipeline.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, finding := range report.Findings {
		fmt.Println(finding)
	}
	// Output:
	// audio with video: the keys of video are 1,000 times those of audio: milliseconds and seconds?
	//   write  on: "audio.time_seconds == floor(video.time_ms / 1000)"
	//   then 6 of 6 elements of audio find a match, 4 on average; as it is, 0 of 6
}

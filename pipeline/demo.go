package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/topic"
)

// Demo runs the pipeline on a Kafka in this process, so that it can be tried without a server: the files of the streams
// are loaded into topics of one partition, with an end-of-stream mark, as are the files that topics name for a
// demonstration; the pipeline runs from topics to a topic, exactly once; and what is there then is written to standard
// output. No file is written. Errors are those of Run; an [*Error] says that a topic names no file.
func (p *Pipeline) Demo(ctx context.Context, options Options) error {
	at, loads, err := p.demoLayout()
	if err != nil {
		return err
	}
	demo, err := topic.StartDemo(false)
	if err != nil {
		return err
	}
	defer demo.Close()
	at.Cluster = &demo.Cluster
	for _, load := range loads {
		_, err := demo.Load(ctx, load.path, load.topic, topic.LoadOptions{End: true, Cells: load.cells, Stdin: options.Stdin})
		if err != nil {
			return err
		}
	}
	if err := p.run(ctx, at, options); err != nil {
		return err
	}
	out := options.Stdout
	if out == nil {
		out = os.Stdout
	}
	_, err = demo.Dump(ctx, at.Output.Name, topic.DumpOptions{UntilEnd: true}, out)
	return err
}

// A demoLoad is a file that a demonstration loads into a topic.
type demoLoad struct {
	path, topic string
	cells       *file.Dialect
}

// demoLayout gives every stream a topic, and says what is to be loaded.
func (p *Pipeline) demoLayout() (at mill.Layout, loads []demoLoad, err error) {
	if p.mill.UsesStorages() {
		return at, nil, p.mill.Master.Stream.Text.Errorf("a demonstration on Kafka is for streams that are files and topics")
	}
	at = mill.Layout{Inputs: map[*mill.Node]mill.Stream{}}
	topics := demoTopics{of: map[string]string{}, used: map[string]bool{}}
	for _, n := range p.mill.Master.All() {
		path, err := p.demoFile(n)
		if err != nil {
			return at, nil, err
		}
		name, isNew := topics.name(n.Stream)
		if isNew {
			loads = append(loads, demoLoad{path, name, n.Stream.CSV})
		}
		at.Inputs[n] = mill.Stream{Name: name, Topic: true, Reading: n.Stream.Reading}
	}
	at.Output = mill.Stream{Name: p.mill.Output.Name, Topic: true}
	if !p.mill.Output.Topic {
		at.Output.Name = topics.free(topicName(p.mill.Output.Name))
	}
	topics.used[at.Output.Name] = true
	for _, w := range p.mill.Others {
		at.Others = append(at.Others, mill.Stream{Name: topics.free(topicName(w.Stream.Name)), Topic: true})
		topics.used[at.Others[len(at.Others)-1].Name] = true
	}
	return at, loads, nil
}

// demoFile returns the file that is loaded into a node's topic. Of several streams of one topic one may name it for
// all.
func (p *Pipeline) demoFile(n *mill.Node) (path string, err error) {
	if !n.Stream.Topic {
		return n.Stream.Name, nil
	}
	for _, other := range p.mill.Master.All() {
		demo := other.Stream.Demo
		if other.Stream.Name != n.Stream.Name || demo == "" {
			continue
		}
		if path != "" && path != demo {
			return "", other.Stream.Text.Errorf("the topic %q has two files for a demonstration, %s and %s: give one",
				n.Stream.Name, path, demo)
		}
		path = demo
	}
	if path == "" {
		return "", n.Stream.Text.Errorf("a demonstration needs a file of what the topic %q may hold: give the stream as "+
			"{topic: %s, demo: FILE}", n.Stream.Name, n.Stream.Name)
	}
	return path, nil
}

// demoTopics are the topics of a demonstration.
type demoTopics struct {
	// of holds the topic of each file and topic that was seen. A file that is read in two ways has two.
	of   map[string]string
	used map[string]bool
}

// name returns the topic for a site, one and the same for one file, and whether it is the first time.
func (t *demoTopics) name(at mill.Stream) (name string, isNew bool) {
	seen := at.Name
	if at.CSV != nil {
		seen = fmt.Sprintf("%s %v", at.Name, *at.CSV)
	}
	if name := t.of[seen]; name != "" {
		return name, false
	}
	name = at.Name
	if !at.Topic {
		name = t.free(topicName(at.Name))
	}
	t.of[seen], t.used[name] = name, true
	return name, true
}

// free returns a name that no topic has yet.
func (t *demoTopics) free(name string) string {
	unique := name
	for i := 2; t.used[unique]; i++ {
		unique = fmt.Sprintf("%s-%d", name, i)
	}
	return unique
}

// topicName makes the name of a topic from that of a file: robot.jsonl.gz is robot.
func topicName(path string) string {
	if path == mill.Standard {
		return "standard"
	}
	name := filepath.Base(path)
	for _, end := range []string{".gz", ".zst", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".parquet", ".avro"} {
		name = strings.TrimSuffix(name, end)
	}
	return strings.Map(func(c rune) rune {
		if _, wrong := description.InvalidInTopic(string(c)); wrong {
			return '_'
		}
		return c
	}, name)
}

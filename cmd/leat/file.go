package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

// pipelineFile is the argument of commands about a pipeline file, and how it may be changed.
type pipelineFile struct {
	File string   `arg:"" help:"The pipeline file."`
	Set  []string `sep:"none" placeholder:"PATH=VALUE" help:"Set a member of the file: streams.a.file=x.csv."`
}

// load loads the pipeline file.
func (f *pipelineFile) load() (*pipeline.Pipeline, error) { return load(f.File, f.Set...) }

func load(path string, settings ...string) (*pipeline.Pipeline, error) {
	p, err := pipeline.LoadSet(path, settings, parts()...)
	if _, wrong := errors.AsType[*pipeline.Error](err); err != nil && !wrong {
		return nil, &fileError{err}
	}
	return p, err
}

// dataEndings are those of the names of files of elements; compressed files have one more.
var dataEndings = []string{".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".parquet", ".avro", ".log"}

// isDataFile reports whether a path is that of a file of elements, and not of a pipeline file.
func isDataFile(path string) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
	switch end := filepath.Ext(name); {
	case path == "-", slices.Contains(dataEndings, end):
		return true
	case end == ".yaml", end == ".yml":
		return false
	}
	// Before it is opened: what comes out of a pipe comes once, and is no pipeline file.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return true
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	begin := make([]byte, 64<<10)
	n, _ := file.Read(begin)
	return !regexp.MustCompile(`(?m)^streams:`).Match(begin[:n])
}

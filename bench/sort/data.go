package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// A job is the sorting of a file of a format, whose elements are in an order, in a folder.
type job struct{ format, order, folder string }

func (j job) path(name string) string {
	if j.format == "json" {
		return filepath.Join(j.folder, name+".jsonl")
	}
	return filepath.Join(j.folder, name+"."+j.format)
}

// begin is the key of the first element: milliseconds.
const begin = 1_764_000_000_000

// generate writes the file that is sorted: events of robots by their time, ten milliseconds apart and late by up to sixty, or
// in any order. Some have the same time.
func generate(j job, megabytes int) error {
	file, err := os.Create(j.path("in"))
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	w := bufio.NewWriterSize(file, 1<<20)
	line := "{\"time\":%d,\"robot\":\"robot-%d\",\"x\":%d.125,\"y\":0.5,\"seq\":%d}\n"
	if j.format == "csv" {
		fmt.Fprintln(w, "time,robot,x,y,seq")
		line = "%d,robot-%d,%d.125,0.5,%d\n"
	}
	for i, size := 0, 0; size < megabytes*1_000_000; i++ {
		time := 10*i + random.IntN(60)
		if j.order == "shuffled" {
			time = random.IntN(megabytes * 200_000)
		}
		n, err := fmt.Fprintf(w, line, begin+time, i%37, i%100, i)
		if size += n; err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return errors.Join(w.Flush(), file.Close())
}

// sum sums up what a program has written: how many elements, their keys in their order, the elements in any order, and the
// file's bytes.
func sum(j job) (string, error) {
	file, err := os.Open(j.path("out"))
	if err != nil {
		return "", err
	}
	defer file.Close()
	whole := sha256.New()
	lines := bufio.NewScanner(io.TeeReader(file, whole))
	lines.Buffer(make([]byte, 1<<16), 1<<20)
	if j.format == "csv" && !lines.Scan() {
		return "", errors.Join(lines.Err(), errors.New("there is no first line"))
	}
	count, keys, elements := 0, uint64(0), uint64(0)
	for before := uint64(0); lines.Scan(); count++ {
		time, seq := numbers(j.format, lines.Bytes())
		if time < before {
			return "", fmt.Errorf("%d comes behind %d", time, before)
		}
		before = time
		keys = keys*31 + time
		elements += (time ^ seq<<40) * 0x9e3779b97f4a7c15
	}
	return fmt.Sprintf("%d elements, keys %x, elements %x, bytes %x", count, keys, elements, whole.Sum(nil)), lines.Err()
}

// numbers returns the first and the last number of a line.
func numbers(format string, line []byte) (time, seq uint64) {
	if format == "json" {
		line = bytes.TrimSuffix(line[bytes.IndexByte(line, ':')+1:], []byte("}"))
	}
	last := bytes.LastIndexAny(line, ":,") + 1
	return number(line), number(line[last:])
}

// number parses the digits that a text begins with.
func number(text []byte) (n uint64) {
	for _, c := range text {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

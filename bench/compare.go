package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
)

// sameElements compares two JSON list files element by element: the same members with equal numbers, tolerance none,
// however they are written.
func sameElements(a, b string) error {
	left, err := openList(a)
	if err != nil {
		return err
	}
	defer left.file.Close()
	right, err := openList(b)
	if err != nil {
		return err
	}
	defer right.file.Close()
	for n := 0; ; n++ {
		l, lerr := left.next()
		r, rerr := right.next()
		switch {
		case lerr == io.EOF && rerr == io.EOF && n > 0:
			return nil
		case lerr == io.EOF && rerr == io.EOF:
			return fmt.Errorf("%s and %s are both empty: nothing was compared", a, b)
		case lerr == io.EOF || rerr == io.EOF:
			return fmt.Errorf("of %s and %s one ends after %d elements and the other doesn't", a, b, n)
		case lerr != nil || rerr != nil:
			return errors.Join(lerr, rerr)
		case !maps.Equal(l, r):
			return fmt.Errorf("element %d is %v in %s and %v in %s", n, l, a, r, b)
		}
	}
}

// A list reads the elements of a JSON list file, by encoding/json and so independently of all that is compared.
type list struct {
	file    *os.File
	decoder *json.Decoder
}

func openList(path string) (*list, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bufio.NewReader(file))
	if _, err := decoder.Token(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &list{file, decoder}, nil
}

// next returns the next element, and io.EOF after the last.
func (l *list) next() (map[string]float64, error) {
	if !l.decoder.More() {
		return nil, io.EOF
	}
	var element map[string]float64
	if err := l.decoder.Decode(&element); err != nil {
		return nil, fmt.Errorf("%s: %w", l.file.Name(), err)
	}
	return element, nil
}

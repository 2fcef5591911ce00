package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
)

// sameElements compares two JSON list files element by element: the same members with equal numbers, tolerance none,
// however they are written.
func sameElements(a, b string) error {
	left, right, err := openLists(a, b)
	if err != nil {
		return err
	}
	defer left.file.Close()
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
		case !reflect.DeepEqual(l, r):
			return fmt.Errorf("element %d is %v in %s and %v in %s", n, l, a, r, b)
		}
	}
}

// sameInAnyOrder is for a program that knows no order, so that it also adds in any: each element is there as often,
// with equal numbers as far as nine digits tell.
func sameInAnyOrder(a, b string) error {
	left, right, err := openLists(a, b)
	if err != nil {
		return err
	}
	defer left.file.Close()
	defer right.file.Close()
	counts, n := map[string]int{}, 0
	if err := left.each(func(element string) { counts[element]++; n++ }); err != nil {
		return err
	}
	if err := right.each(func(element string) { counts[element]--; n-- }); err != nil {
		return err
	}
	if len(counts) == 0 {
		return fmt.Errorf("%s and %s are both empty: nothing was compared", a, b)
	}
	for element, count := range counts {
		if count != 0 {
			return fmt.Errorf("%s has %d elements more than %s; %s is there %d times more often", a, n, b, element, count)
		}
	}
	return nil
}

// A list reads the elements of a JSON list file, by encoding/json and so independently of all that is compared.
type list struct {
	file    *os.File
	decoder *json.Decoder
}

func openLists(a, b string) (left, right *list, err error) {
	if left, err = openList(a); err != nil {
		return nil, nil, err
	}
	if right, err = openList(b); err != nil {
		left.file.Close()
		return nil, nil, err
	}
	return left, right, nil
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
func (l *list) next() (any, error) {
	if !l.decoder.More() {
		return nil, io.EOF
	}
	var element any
	if err := l.decoder.Decode(&element); err != nil {
		return nil, fmt.Errorf("%s: %w", l.file.Name(), err)
	}
	return element, nil
}

// each calls a function for each element that is left, written in one way.
func (l *list) each(do func(string)) error {
	for {
		element, err := l.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := json.Marshal(rounded(element))
		if err != nil {
			return err
		}
		do(string(text))
	}
}

// rounded replaces all numbers in a JSON value by nine of their digits.
func rounded(value any) any {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v+0, 'g', 9, 64) // -0 is 0
	case []any:
		for i := range v {
			v[i] = rounded(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = rounded(v[name])
		}
	}
	return value
}

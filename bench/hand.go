package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/leat-go/leat/codec"
)

// handDecoder returns a decoder that was written for the struct, as one writes it where every nanosecond counts.
func handDecoder(t reflect.Type) (codec.Decode, error) {
	switch reflect.New(t).Interface().(type) {
	case *Location:
		return func(data []byte, into any) error { return into.(*Location).decode(data) }, nil
	case *NextLocation:
		return func(data []byte, into any) error { return (*Location)(into.(*NextLocation)).decode(data) }, nil
	case *Speed:
		return func(data []byte, into any) error { return into.(*Speed).decode(data) }, nil
	case *Audio:
		return func(data []byte, into any) error { return into.(*Audio).decode(data) }, nil
	case *Frame:
		return func(data []byte, into any) error { return into.(*Frame).decode(data) }, nil
	}
	return nil, fmt.Errorf("nobody has written a decoder for %v", t)
}

func (l *Location) decode(data []byte) error {
	o := object{rest: data}
	for o.next() {
		switch string(o.name) {
		case "time":
			l.Time = o.integer()
		case "x":
			l.X = o.float()
		case "y":
			l.Y = o.float()
		}
	}
	return o.err
}

func (s *Speed) decode(data []byte) error {
	o := object{rest: data}
	for o.next() {
		switch string(o.name) {
		case "time_from":
			s.From = o.integer()
		case "time_to":
			s.To = o.integer()
		case "speed":
			s.Speed = o.float()
		}
	}
	return o.err
}

func (a *Audio) decode(data []byte) error {
	o := object{rest: data}
	for o.next() {
		switch string(o.name) {
		case "time_seconds":
			a.Time = o.integer()
		case "data":
			a.Data = o.float()
		}
	}
	return o.err
}

func (f *Frame) decode(data []byte) error {
	o := object{rest: data}
	for o.next() {
		switch string(o.name) {
		case "time_ms":
			f.Time = o.integer()
		case "data":
			f.Data = o.float()
		case "frame_index":
			f.Index = o.integer()
		case "first_frame_ts_seconds":
			f.FirstFrame = o.integer()
		}
	}
	return o.err
}

var errNotFlat = errors.New("not an object of numbers")

// powers are the powers of ten that a float64 holds exactly, as far as they are needed.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

// An object goes through the members of a JSON object whose members are numbers.
type object struct {
	rest, name, number []byte
	err                error
}

// next goes to the next member; it returns false at the end and after an error.
func (o *object) next() bool {
	if o.err != nil {
		return false
	}
	data, i := o.rest, 0
	for i < len(data) && data[i] != '"' {
		if data[i] == '}' {
			return false
		}
		i++
	}
	name := i + 1
	i = name
	for i < len(data) && data[i] != '"' {
		i++
	}
	if i >= len(data) {
		o.err = errNotFlat
		return false
	}
	o.name = data[name:i]
	i++
	for i < len(data) && (data[i] == ':' || data[i] <= ' ') {
		i++
	}
	number := i
	for i < len(data) && data[i] != ',' && data[i] != '}' && data[i] > ' ' {
		i++
	}
	o.number, o.rest = data[number:i], data[i:]
	return true
}

// integer returns the number of the member.
func (o *object) integer() int64 {
	if len(o.number) > 18 {
		return o.slowInteger()
	}
	n := int64(0)
	for _, digit := range o.number {
		if digit -= '0'; digit > 9 {
			return o.slowInteger()
		}
		n = n*10 + int64(digit)
	}
	return n
}

func (o *object) slowInteger() int64 {
	n, err := strconv.ParseInt(string(o.number), 10, 64)
	o.err = errors.Join(o.err, err)
	return n
}

// float returns the number of the member: the quotient of two integers that a float64 holds exactly is rounded right.
func (o *object) float() float64 {
	number, negative := o.number, false
	if len(number) > 0 && number[0] == '-' {
		number, negative = number[1:], true
	}
	if len(number) > 16 || len(number) == 0 || number[0] == '.' {
		return o.slowFloat()
	}
	digits, point := int64(0), len(number)-1
	for i, c := range number {
		switch {
		case c >= '0' && c <= '9':
			digits = digits*10 + int64(c-'0')
		case c == '.' && point == len(number)-1:
			point = i
		default:
			return o.slowFloat()
		}
	}
	if negative {
		digits = -digits
	}
	return float64(digits) / powers[len(number)-1-point]
}

func (o *object) slowFloat() float64 {
	f, err := strconv.ParseFloat(string(o.number), 64)
	o.err = errors.Join(o.err, err)
	return f
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/leat-go/leat/codec"
)

// handDecoder returns a decoder that was written for the struct, as one writes it where every nanosecond counts.
func handDecoder(t reflect.Type) (codec.Decode, error) {
	decoders := map[reflect.Type]codec.Decode{
		reflect.TypeFor[Location]():     func(data []byte, into any) error { return into.(*Location).decode(data) },
		reflect.TypeFor[NextLocation](): func(data []byte, into any) error { return (*Location)(into.(*NextLocation)).decode(data) },
		reflect.TypeFor[Speed]():        func(data []byte, into any) error { return into.(*Speed).decode(data) },
		reflect.TypeFor[Audio]():        func(data []byte, into any) error { return into.(*Audio).decode(data) },
		reflect.TypeFor[Frame]():        func(data []byte, into any) error { return into.(*Frame).decode(data) },
	}
	if decode := decoders[t]; decode != nil {
		return decode, nil
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
	o.rest = bytes.TrimLeft(o.rest, "{, \t\r\n")
	if len(o.rest) > 0 && o.rest[0] == '}' {
		return false
	}
	colon := bytes.IndexByte(o.rest, ':')
	if colon < 2 {
		o.err = errNotFlat
		return false
	}
	o.name = bytes.TrimRight(o.rest[:colon], " \t\r\n")
	o.name = o.name[1 : len(o.name)-1]
	value := colon + 1
	for value < len(o.rest) && o.rest[value] <= ' ' {
		value++
	}
	end := value
	for end < len(o.rest) && o.rest[end] != ',' && o.rest[end] != '}' && o.rest[end] > ' ' {
		end++
	}
	o.number, o.rest = o.rest[value:end], o.rest[end:]
	return true
}

// integer returns the number of the member.
func (o *object) integer() int64 {
	n := int64(0)
	for _, digit := range o.number {
		if digit < '0' || digit > '9' || len(o.number) > 18 {
			return o.slowInteger()
		}
		n = n*10 + int64(digit-'0')
	}
	return n
}

func (o *object) slowInteger() int64 {
	n, err := strconv.ParseInt(string(o.number), 10, 64)
	o.err = errors.Join(o.err, err)
	return n
}

// float returns the number of the member: a quotient of two integers that a float64 holds exactly is rounded right.
func (o *object) float() float64 {
	digits, scale, point := int64(0), 1.0, false
	number, sign := o.number, 1.0
	if len(number) > 0 && number[0] == '-' {
		number, sign = number[1:], -1
	}
	if len(number) > 16 {
		return o.slowFloat()
	}
	for _, c := range number {
		switch {
		case c == '.' && !point:
			point = true
		case c < '0' || c > '9':
			return o.slowFloat()
		default:
			digits = digits*10 + int64(c-'0')
			if point {
				scale *= 10
			}
		}
	}
	if digits >= 1<<53 {
		return o.slowFloat()
	}
	return sign * float64(digits) / scale
}

func (o *object) slowFloat() float64 {
	f, err := strconv.ParseFloat(string(o.number), 64)
	o.err = errors.Join(o.err, err)
	return f
}

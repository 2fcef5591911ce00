package codec_test

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/leat-go/leat/codec"
)

type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

func ExampleJSON() {
	decode, err := codec.JSON.Decoder(reflect.TypeFor[Location]())
	if err != nil {
		fmt.Println(err)
		return
	}
	encode, err := codec.JSON.Encoder(reflect.TypeFor[Location]())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, record := range []string{
		`{"time":10,"x":1.5,"y":-2,"unknown":{"members":"are skipped"}}`,
		`{"time":20,"x":"1.5","y":-2}`,
		`{"time":30,"x":1.5 "y":-2}`,
	} {
		var l Location
		if err := decode([]byte(record), &l); err != nil {
			fmt.Println(err)
			continue
		}
		line, err := encode(nil, &l)
		fmt.Println(string(line), err)
	}
	// Output:
	// {"time":10,"x":1.5,"y":-2} <nil>
	// field x: the string "1.5" stands where a float64 is wanted
	// invalid character '"' after object member, want ',' or '}'
}

// CSV is a user's own codec: locations as lines "time,x,y".
type CSV struct{}

func (CSV) Decoder(t reflect.Type) (codec.Decode, error) {
	if t != reflect.TypeFor[Location]() {
		return nil, fmt.Errorf("CSV lines hold %s, not %s", reflect.TypeFor[Location](), t)
	}
	return func(data []byte, into any) error {
		cells := strings.Split(string(data), ",")
		if len(cells) != 3 {
			return &codec.Error{Offset: -1, Err: fmt.Errorf("%d cells, want 3: time,x,y", len(cells))}
		}
		l := into.(*Location)
		var errs [3]error
		l.Time, errs[0] = strconv.ParseInt(cells[0], 10, 64)
		l.X, errs[1] = strconv.ParseFloat(cells[1], 64)
		l.Y, errs[2] = strconv.ParseFloat(cells[2], 64)
		return errors.Join(errs[:]...)
	}, nil
}

func (CSV) Encoder(t reflect.Type) (codec.Encode, error) {
	if t != reflect.TypeFor[Location]() {
		return nil, fmt.Errorf("CSV lines hold %s, not %s", reflect.TypeFor[Location](), t)
	}
	return func(dst []byte, element any) ([]byte, error) {
		l := element.(*Location)
		return fmt.Appendf(dst, "%d,%g,%g", l.Time, l.X, l.Y), nil
	}, nil
}

// A codec of one's own is two methods.
func ExampleCodec() {
	var c codec.Codec = CSV{}
	decode, err := c.Decoder(reflect.TypeFor[Location]())
	if err != nil {
		fmt.Println(err)
		return
	}
	var l Location
	fmt.Println(decode([]byte("10,1.5,-2"), &l), l)
	fmt.Println(decode([]byte("10,1.5"), &l))
	// Output:
	// <nil> {10 1.5 -2}
	// 2 cells, want 3: time,x,y
}

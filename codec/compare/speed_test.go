package compare

import (
	"fmt"
	"testing"
)

type location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

type frame struct {
	TimeMS int64   `json:"time_ms"`
	Data   float64 `json:"data"`
	Index  int     `json:"frame_index"`
	First  int64   `json:"first_frame_ts_seconds"`
}

type few struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Name string  `json:"name"`
}

// wide is a record of 43 members, of which few names three.
func wide() []byte {
	record := []byte(`{"time":123450`)
	for i := range 20 {
		record = fmt.Appendf(record, `,"member_%d":%d.25,"label_%d":"some text %d"`, i, i*37, i, i)
	}
	return append(record, `,"x":12.375,"name":"robot-3"}`...)
}

// nested is a record with nested members that few doesn't name.
const nested = `{"time":123450,"meta":{"source":{"host":"robot-3","ids":[1,2,3,4,5,6,7]},"tags":["a","b","c"],` +
	`"cal":{"m":[[1,0,0],[0,1,0],[0,0,1]]}},"x":12.375,"trace":[{"t":1,"v":0.5},{"t":2,"v":0.25}],"name":"robot-3"}`

func BenchmarkDecode(b *testing.B) {
	for _, work := range []struct {
		name    string
		record  []byte
		element any
	}{
		{"location", []byte(`{"time":123450,"x":12.375,"y":-3.0625}`), new(location)},
		{"digits", []byte(`{"time":123450,"x":12.375192837465018,"y":-3.0625918273645546}`), new(location)},
		{"frame", []byte(`{"time_ms":123440,"data":0.734375,"frame_index":17,"first_frame_ts_seconds":0}`), new(frame)},
		{"wide", wide(), new(few)},
		{"nested", []byte(nested), new(few)},
	} {
		for _, l := range libraries(b, work.element) {
			b.Run(work.name+"/"+l.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := l.decode(work.record, work.element); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, work := range []struct {
		name    string
		element any
	}{
		{"location", &location{123450, 12.375192837465018, -3.0625918273645546}},
		{"few", &few{123450, 0.5, "robot number 3 <behind the mill>"}},
	} {
		for _, l := range libraries(b, work.element) {
			b.Run(work.name+"/"+l.name, func(b *testing.B) {
				b.ReportAllocs()
				out := make([]byte, 0, 256)
				for b.Loop() {
					var err error
					if out, err = l.encode(out[:0], work.element); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

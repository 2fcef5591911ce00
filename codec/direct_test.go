package codec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

type label string

type flat struct {
	Time   int64   `json:"time"`
	X      float64 `json:"x"`
	Symbol string  `json:"symbol"`
	Kind   label   `json:"the kind of it"`
	Count  int
}

// TestDirectIsExact writes records as programs do, and nearly so, and compares with encoding/json.
func TestDirectIsExact(t *testing.T) {
	decode, err := JSON.Decoder(reflect.TypeFor[flat]())
	if err != nil {
		t.Fatal(err)
	}
	own := newDirect(reflect.TypeFor[flat]())
	p := pair{typ: reflect.TypeFor[flat](), decode: func(data []byte, into any) error {
		own.misses.Store(0)
		if own.decode(data, into) {
			return nil
		}
		return decode(data, into)
	}}
	numbers := rapid.SampledFrom([]string{
		"0", "-0", "1", "-7", "01", "1.5", "-0.0", "0.1", "123456789012345", "1234567890123456", "999999999999999999",
		"9223372036854775807", "9223372036854775808", "0.3", "2.675", "1e3", "1.", ".5", "-", "+1", "123456.789012345", "null",
		"0.000000000000001", "4503599627370497.5", "0.6204232426336073", "0.062042324263360731", "-0.000000000000000001",
		"0.0000000000000000001", "12345678901234567.8", "1.2345678901234567", "00.5", `"1"`,
	})
	texts := rapid.SampledFrom([]string{
		`"S1"`, `"S2"`, `""`, `"a longer text than eight"`, `"Grüße"`, `"a\"b"`, `"a\u00e9"`, "\"a\tb\"", "\"\xff\"", `"\\"`, "null",
		`"a text that is too long to be kept, whatever comes"`, "1", `"open`,
	})
	names := rapid.SampledFrom([]string{
		"time", "x", "symbol", "the kind of it", "Count", "Time", "count", "other", "tim", "the kind of ix",
	})
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		comma, colon := ",", ":"
		if rapid.Bool().Draw(t, "blanks") {
			comma, colon = rapid.SampledFrom([]string{", ", ",  ", ",\t"}).Draw(t, "comma"), ": "
		}
		members := rapid.IntRange(0, 7).Draw(t, "members")
		b.WriteByte('{')
		for i := range members {
			if i > 0 {
				b.WriteString(comma)
			}
			value := rapid.OneOf(numbers, texts, rapid.SampledFrom([]string{"true", "false", "[1]"})).Draw(t, "value")
			name := names.Draw(t, "name")
			if rapid.IntRange(0, 9).Draw(t, "fits") > 0 {
				switch name {
				case "symbol", "the kind of it":
					value = texts.Draw(t, "text")
				case "time", "x", "Count":
					value = numbers.Draw(t, "number")
				}
			}
			fmt.Fprintf(&b, "%q%s%s", name, colon, value)
		}
		b.WriteString(rapid.SampledFrom([]string{"}", "}", "}", "} ", "", ",}", "}}"}).Draw(t, "end"))
		p.compareDecode(t, []byte(b.String()))
	})
}

// TestDirectTakesWhatIsUsual: records as they mostly are don't go to the library, whatever the order of their members.
func TestDirectTakesWhatIsUsual(t *testing.T) {
	own := newDirect(reflect.TypeFor[flat]())
	for _, record := range []string{
		`{"time":12,"x":-0.5,"symbol":"S1","the kind of it":"a","Count":3}`,
		`{"Count": 3, "symbol": "S1", "x": 100}`,
		`{"symbol":"S1","Count":3,"x":1}`,
	} {
		var element flat
		if !own.decode([]byte(record), &element) || element.Count != 3 || element.Symbol != "S1" {
			t.Errorf("%s: %+v", record, element)
		}
	}
	if newDirect(reflect.TypeFor[struct{ Inner flat }]()) != nil {
		t.Error("a struct in a struct is decoded directly")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 { // as they are computed, with all their digits
		want := random.Float64() * []float64{-1, 1, 1000, 1e6}[random.IntN(4)]
		record := strconv.AppendFloat([]byte(`{"x":`), want, 'f', -1, 64)
		var element flat
		if math.Abs(want) > 0.1 && (!own.decode(append(record, '}'), &element) || element.X != want) {
			t.Errorf("%s is %v", record, element.X)
		}
	}
	var element flat
	if !own.decode([]byte(`{"x":-0.0}`), &element) || !math.Signbit(element.X) {
		t.Errorf("-0.0 is %v", element.X)
	}
}

// TestDirectSharesTexts: texts that come again are shared, by several goroutines, and are right.
func TestDirectSharesTexts(t *testing.T) {
	own := newDirect(reflect.TypeFor[flat]())
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 20_000 {
				want := fmt.Sprintf("S%d", i%700)
				var element flat
				if !own.decode(fmt.Appendf(nil, `{"symbol":%q}`, want), &element) || element.Symbol != want {
					t.Errorf("got %q, want %q", element.Symbol, want)
					return
				}
			}
		})
	}
	group.Wait()
	record := []byte(`{"symbol":"S1","the kind of it":"buy"}`)
	var element flat
	own.decode(record, &element)
	if n := testing.AllocsPerRun(100, func() { own.decode(record, &element) }); n > 0 {
		t.Errorf("%v allocations for texts that came before", n)
	}
}

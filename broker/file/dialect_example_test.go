package file_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker/file"
)

// A Delivery is an element of the example: a column of another name has the tag csv.
type Delivery struct {
	Customer string  `csv:"Kunde" json:"customer"`
	Weight   float64 `csv:"Gewicht" json:"weight"`
}

// A Parcel is a result of the example.
type Parcel struct {
	Customer string
	Grams    float64 `csv:"grams"`
}

// A spreadsheet's file has semicolons between its cells, and commas in its numbers.
func ExampleCSV() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "deliveries.csv"), filepath.Join(dir, "parcels.csv")
	const text = "Kunde;Gewicht;Notiz\n007;1,5;\n012;20,25;\"schwer; sperrig\"\n"
	if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	german := file.CSV(file.Dialect{Delimiter: ';', Decimal: ','})
	runOn(file.New(file.At[Delivery](in, german), file.At[Parcel](out)), func(d Delivery) Parcel {
		return Parcel{d.Customer, d.Weight * 1000}
	})
	results, err := os.ReadFile(out)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.TrimSpace(string(results)))
	// Output:
	// Customer,grams
	// 007,1500
	// 012,20250
}

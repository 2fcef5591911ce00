package schemas_test

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/codec/schemas"
)

// What a record's first bytes say.
func ExampleCutHeader() {
	id, element, err := schemas.CutHeader([]byte{0, 0, 0, 1, 44, 20, 2})
	fmt.Println(id, element, err)
	_, _, err = schemas.CutHeader([]byte(`{"time":10}`))
	fmt.Println(strings.ReplaceAll(err.Error(), "; ", "\n"))
	// Output:
	// 300 [20 2] <nil>
	// the magic byte 0 of a schema registry's wire format is missing: the record begins with '{' and may be JSON
	// use codec.JSON for it
}

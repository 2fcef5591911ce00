package object_test

import (
	"encoding/json"
	"testing"

	"github.com/leat-go/leat/pipeline/internal/object"
)

// The monitor's page, and whoever else looks at elements, see JSON, not the bytes of it.
func TestMarshal(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal([]any{&object.Object{Raw: []byte(`{"id":1.50}`)}})
	if err != nil || string(text) != `[{"id":1.50}]` {
		t.Errorf("got %s, %v", text, err)
	}
}

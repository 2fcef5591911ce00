package ordered

import "testing"

func TestWithoutEnd(t *testing.T) {
	for query, want := range map[string]string{"SELECT 1": "SELECT 1", "SELECT 1 ;\n": "SELECT 1", " ; ": "", "SELECT ';'": "SELECT ';'"} {
		if got := WithoutEnd(query); got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}

package suggest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"ratingz", []string{"movies", "ratings"}, "ratings"},
		{"perv", []string{"next", "prev"}, "prev"},
		{"RATINGS", []string{"ratings"}, "ratings"},
		{"robot-spede", []string{"robot-locations", "robot-speed"}, "robot-speed"},
		{"ab", []string{"ac", "aa"}, "aa"},
		{"a", []string{"b"}, ""},
		{"orders", []string{"customers", "payments"}, ""},
		{"", []string{"a"}, ""},
		{"x", nil, ""},
	} {
		if got := Nearest(c.name, c.candidates); got != c.want {
			t.Errorf("%q of %q: got %q, want %q", c.name, c.candidates, got, c.want)
		}
	}
	if got := Name("perv", []string{"prev"}); got != ", did you mean prev?" {
		t.Error(got)
	}
	if got := Name("perv", nil); got != "" {
		t.Error(got)
	}
}

func TestSuggestFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"robot-locations.json", "orders.jsonl.gz", "speed.jsonl"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "spede"), 0o700); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, want := range map[string]string{
		"robot-locatoins.json": "; there is " + in("robot-locations.json") + ", is it meant?",
		"orders.json":          "; there is " + in("orders.jsonl.gz") + ", is it meant?",
		"Speed.json":           "; there is " + in("speed.jsonl") + ", is it meant?",
		"spedd":                "",
		"payments.json":        "",
		"none/speed.jsonl":     "",
	} {
		if got := File(in(filepath.FromSlash(name))); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"location", "locatoin", 1}, {"robot", "robot", 0},
		{"kitten", "sitting", 3}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

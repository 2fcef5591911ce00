package metrics

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// docs/metrics.md lists the metrics as they are.
func TestMetricsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var table []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `leat_") {
			table = append(table, strings.TrimSpace(line))
		}
	}
	var want []string
	for _, f := range allFamilies() {
		want = append(want, row(&f))
	}
	if strings.Join(table, "\n") != strings.Join(want, "\n") {
		t.Errorf("the table of docs/metrics.md should be\n%s", strings.Join(want, "\n"))
	}
}

// row returns a metric as a row of the documentation's table.
func row(f *family) string {
	labels := "`" + strings.Join(append([]string{"mill"}, f.labels...), "`, `") + "`"
	return fmt.Sprintf("| `%s` | %s | %s | %s |", f.name, kind(f), labels, f.help)
}

func kind(f *family) string {
	switch {
	case f.isHistogram:
		return "histogram"
	case f.valueType == prometheus.CounterValue:
		return "counter"
	}
	return "gauge"
}

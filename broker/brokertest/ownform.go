package brokertest

import (
	"testing"

	"github.com/leat-go/leat/broker"
)

// checkOwnForm: results that an output has encoded itself become visible in the order given, however many of them lie in one
// piece, among others that come as their codec encodes them; and the output keeps none of their bytes.
func checkOwnForm(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	out, closeAll := r.openSink()
	own, isEncoder := out.(broker.Encoder)
	if !isEncoder {
		closeAll()
		return
	}
	for n := range 4 {
		var commits []broker.Commit
		for p := range h.partitions() {
			c := broker.Commit{Partition: p, Progress: r.progress(n, p)}
			for piece := range 2 * outputs {
				output := piece % outputs
				all := elements(int64(10_000*p+1000*n+100*piece), 1+2*(piece/outputs))
				if n == 2 && piece < outputs {
					c.Results = append(c.Results, r.results(output, all)...)
				} else {
					c.Results = append(c.Results, r.together(own, output, all)...)
				}
				want.write(output, p, all)
			}
			commits = append(commits, c)
		}
		r.must(r.commit(out, commits...))
		for _, c := range commits {
			for _, result := range c.Results {
				scribble(result.Value)
			}
		}
	}
	r.must(r.commit(out, r.ends(want, 4)...))
	closeAll()
	r.expectVisible(want, "results that the output's Encoder has encoded are visible in the order given, each of a piece")
}

// together encodes elements as the output asks for it, in one piece where it does.
func (r *rig) together(own broker.Encoder, output int, all []Element) []broker.Result {
	r.Helper()
	encode := own.Encoder(output)
	if encode == nil {
		return r.results(output, all)
	}
	result := broker.Result{Stream: output, Count: len(all)}
	for i := range all {
		var err error
		result.Value, err = encode(result.Value, &all[i])
		r.must(err)
	}
	return []broker.Result{result}
}

package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

// little reports whether nothing or little was joined: less than a tenth of the master.
func (s *summary) little() bool {
	if s.Results == 0 || len(s.Streams) == 0 {
		return true
	}
	master := s.Streams[0]
	return 10*master.Matched < master.Read
}

// hints says what may be wrong with a pipeline that joined little, and how to find out more. It is an extra, so it has
// no errors.
func (a *app) hints(ctx context.Context, file string, p *pipeline.Pipeline) []string {
	report, err := p.Check(ctx, a.options(io.Discard))
	if err != nil {
		return nil
	}
	var hints []string
	for _, finding := range report.Findings {
		hints = append(hints, finding.String())
	}
	if report.Example == "" {
		return hints
	}
	key := report.Example
	if strings.ContainsAny(key, " \t\"'\\$`*?&|;<>()[]{}!#~") {
		key = strconv.Quote(key)
	}
	return append(hints, fmt.Sprintf("more is said by  leat check %[1]s  and, about one element, by  "+
		"leat explain %[1]s --key=%[2]s", file, key))
}

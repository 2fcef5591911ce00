package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/internal/expression"
)

// A draftJoin is a way to join two streams.
type draftJoin struct {
	left, right       *drafted
	leftKey, rightKey draftKey
	by                string // the name of a member; empty for none
	within            string // a distance; empty for equal keys
	// unsorted says which of the streams are to be put in order, and matched how many of comparable elements match.
	unsorted            [2]bool
	matched, comparable int
	sameName            bool
}

// String returns what the join says.
func (j *draftJoin) String() string {
	text := j.on()
	if j.by != "" {
		text += fmt.Sprintf(", by %s", j.by)
	}
	if j.within != "" {
		text += ", the nearest within " + j.within
	}
	return fmt.Sprintf("%s (%d of %d match)", text, j.matched, j.comparable)
}

func (j *draftJoin) on() string { return j.leftKey.expr + " == " + j.rightKey.expr }

func (j *draftJoin) rate() float64 {
	if j.comparable == 0 {
		return 0
	}
	return float64(j.matched) / float64(j.comparable)
}

// maxTried is how many pairs of members are tried.
const maxTried = 24

// draftJoins returns the joins that would match something, the best one first.
func draftJoins(ctx context.Context, dir string, left, right *drafted) (good []*draftJoin, err error) {
	tried := 0
	for _, j := range candidates(left, right) {
		if tried++; tried > maxTried {
			break
		}
		if err := j.try(ctx, dir); err != nil {
			return nil, err
		}
		if j.rate() < 0.5 && j.mayBeNear() {
			if near, err := j.near(ctx, dir); err != nil {
				return nil, err
			} else if near != nil && near.matched > 2*j.matched {
				j = near
			}
		}
		if j.matched > 0 {
			good = append(good, j)
		}
	}
	slices.SortStableFunc(good, func(a, b *draftJoin) int { return cmp.Compare(b.score(), a.score()) })
	return good, nil
}

// mayBeNear reports whether it makes sense that the keys are near rather than equal: they are times, or of one name. Of any
// other two numbers, such as an id and a price, one is the nearest, too.
func (j *draftJoin) mayBeNear() bool {
	return j.leftKey.kind != "text" && (j.sameName || j.leftKey.isTime || namesTime(j.leftKey) && namesTime(j.rightKey))
}

// namesTime reports whether a member is named as times are.
func namesTime(key draftKey) bool {
	name := strings.ToLower(key.column.Name)
	words := strings.FieldsFunc(name, func(c rune) bool { return c == '_' || c == '-' || c == '.' })
	isWord := slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"t", "ts", "at", "ns", "sec"}, word)
	})
	return isWord || strings.Contains(name, "time") || strings.Contains(name, "stamp") || strings.Contains(name, "date")
}

// score is higher the more likely a join is what is meant: much matches, members have one name, and keys are times.
func (j *draftJoin) score() float64 {
	score := j.rate()
	if j.sameName {
		score += 0.5
	}
	if j.leftKey.isTime {
		score += 0.4
	}
	if j.within != "" {
		score -= 0.3
	}
	if j.leftKey.kind == "text" {
		score -= 0.2
	}
	return score
}

// candidates returns the pairs of members of one kind, those of one name first.
func candidates(left, right *drafted) (all []*draftJoin) {
	for _, l := range left.keys {
		for _, r := range right.keys {
			if l.kind == r.kind {
				sameName := strings.EqualFold(l.column.Name, r.column.Name) || refers(left.name, l, r) || refers(right.name, r, l)
				all = append(all, &draftJoin{left: left, right: right, leftKey: l, rightKey: r, sameName: sameName})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *draftJoin) int { return cmp.Compare(b.score(), a.score()) })
	return all
}

// refers reports whether another stream's member is named after a stream and its key, as order_id is after id of orders.
func refers(stream string, key, other draftKey) bool {
	name := strings.ToLower(strings.ReplaceAll(other.column.Name, "_", ""))
	stream = strings.ToLower(strings.ReplaceAll(stream, "_", ""))
	of := strings.ToLower(strings.ReplaceAll(key.column.Name, "_", ""))
	return name == stream+of || name == strings.TrimSuffix(stream, "s")+of
}

// try finds out how much the join matches, and which of its streams aren't in order.
func (j *draftJoin) try(ctx context.Context, dir string) error {
	options := Options{Logger: slog.New(slog.DiscardHandler), Stdout: io.Discard}
	p, err := Parse(filepath.Join(dir, "draft.yaml"), []byte(j.text("-")))
	if err != nil {
		return err
	}
	for i, s := range []*drafted{j.left, j.right} {
		head, err := p.Head(ctx, options, s.name, draftSize)
		if err != nil {
			return err
		}
		for _, key := range head.Keys {
			j.unsorted[i] = j.unsorted[i] || key.Decreases != ""
		}
	}
	if p, err = Parse(filepath.Join(dir, "draft.yaml"), []byte(j.text("-"))); err != nil {
		return err
	}
	report, err := p.Check(ctx, options)
	if err != nil {
		return err
	}
	j.matched, j.comparable = report.Joins[0].Matched, report.Joins[0].Comparable
	return nil
}

// near returns the join of the nearest elements within a distance that most are apart by at most; nil where there is none.
func (j *draftJoin) near(ctx context.Context, dir string) (*draftJoin, error) {
	near := *j
	near.within = "any"
	p, err := Parse(filepath.Join(dir, "draft.yaml"), []byte(near.text("-")))
	if err != nil {
		return nil, nil // such keys have no distances
	}
	report, err := p.Check(ctx, Options{Logger: slog.New(slog.DiscardHandler), Stdout: io.Discard})
	if err != nil {
		return nil, err
	}
	near.within = ""
	var shortest expression.Distance
	for _, side := range []*Distances{report.Joins[0].Before, report.Joins[0].After} {
		if side == nil {
			continue
		}
		d, err := expression.ParseDistance(side.P90)
		if err != nil {
			return nil, err // what a report says of distances can be read
		}
		if near.within == "" || expression.CompareDistances(d, shortest) < 0 {
			near.within, shortest = side.P90, d
		}
	}
	if near.within == "" {
		return nil, nil
	}
	if err := near.try(ctx, dir); err != nil {
		return nil, err
	}
	return &near, nil
}

// withMatchKey returns the join with a match key where both streams have a member of one name that tells things apart, as a
// ticker does, and most of what matches without it matches with it, too.
func (j *draftJoin) withMatchKey(ctx context.Context, dir string) (*draftJoin, error) {
	for _, l := range j.left.keys {
		for _, r := range j.right.keys {
			if l.column.Name != r.column.Name || l.kind != r.kind || l.isTime || l.column.Name == j.leftKey.column.Name ||
				r.column.Name == j.rightKey.column.Name || !j.left.repeats(l.column.Name) || !j.right.repeats(l.column.Name) {
				continue
			}
			with := *j
			with.by = l.column.Name
			if err := with.try(ctx, dir); err != nil {
				return nil, err
			}
			if with.matched > 0 && 2*with.matched >= j.matched {
				return &with, nil
			}
		}
	}
	return j, nil
}

// repeats reports whether a member has few values for many elements.
func (s *drafted) repeats(name string) bool {
	values := map[string]bool{}
	for _, element := range s.head.Elements {
		var object map[string]json.RawMessage
		if json.Unmarshal(element, &object) == nil {
			values[string(object[name])] = true
		}
	}
	return len(s.head.Elements) >= 4 && 2*len(values) <= len(s.head.Elements)
}

// note says what was guessed.
func (j *draftJoin) note() string {
	text := "joined on " + j.String()
	for _, key := range []draftKey{j.leftKey, j.rightKey} {
		if len(key.layouts) > 1 {
			text += fmt.Sprintf("; %s may as well be written as %s: change it if that is so", key.column.Name,
				strings.Join(key.layouts[1:], " or "))
		}
	}
	return text
}

// text returns the pipeline file.
func (j *draftJoin) text(output string) string {
	var b strings.Builder
	b.WriteString("streams:\n")
	for i, s := range []*drafted{j.left, j.right} {
		fmt.Fprintf(&b, "  %s:\n    file: %s\n", s.name, strconv.Quote(filepath.ToSlash(s.path)))
		if s.csv != "" {
			fmt.Fprintf(&b, "    csv: %s\n", s.csv)
		}
		key := []draftKey{j.leftKey, j.rightKey}[i]
		if j.unsorted[i] {
			fmt.Fprintf(&b, "    sort: %s   # it isn't in this order, as a join needs it\n", quoteYAML(key.plain))
		}
	}
	fmt.Fprintf(&b, "  joined:\n    file: %s   # .csv is another format; then emit must name plain members\n",
		strconv.Quote(output))
	fmt.Fprintf(&b, "master: %s   # each of its elements is written once, with its matches\njoin:\n", j.left.name)
	fmt.Fprintf(&b, "  - left: %s\n    right: %s\n    on: %s\n", j.left.name, j.right.name, quoteYAML(j.on()))
	if j.by != "" {
		fmt.Fprintf(&b, "    by: %s\n", quoteYAML(j.left.name+"."+j.by+" == "+j.right.name+"."+j.by))
	}
	if j.within != "" {
		fmt.Fprintf(&b, "    within: %s      # how far keys may be apart\n", j.within)
		b.WriteString("    take: nearest   # or last, first; all if left out\n")
	}
	b.WriteString("    # need: optional   # writes elements without a match, too\noutput: joined\n")
	fmt.Fprintf(&b, "# emit:   # the members of a result; without it %s as it is, with %s in it\n", j.left.name, j.right.name)
	for _, c := range j.left.keys {
		fmt.Fprintf(&b, "#   %s: %s.%[1]s\n", c.column.Name, j.left.name)
	}
	return b.String()
}

// quoteYAML writes a text in single quotes.
func quoteYAML(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

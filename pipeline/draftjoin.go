package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A draftJoin is a way to join two streams.
type draftJoin struct {
	left, right       *drafted
	leftKey, rightKey draftKey
	by                string // the name of a member; empty for none
	within            string // a distance; empty for equal keys
	// orders says how the streams come into the order of the join, and matched how many of comparable elements match.
	orders              [2]ordering
	matched, comparable int
	sameName            bool
	// scattered says that more match than were found, since only parts were read of streams that are in no order.
	scattered bool
	// crossed says that many elements of both streams share a text, as a country, which joins each with many.
	crossed bool
	// used is the share of the right elements that some left one finds.
	used float64
	// loose says that the distance is none that tells what belongs together: any two streams have elements as near as that.
	loose bool
	// problems are what a run of it would stop at.
	problems []string
}

// side returns one of the streams, the left one being 0, and its key.
func (j *draftJoin) side(n int) (*drafted, draftKey) {
	if n == 0 {
		return j.left, j.leftKey
	}
	return j.right, j.rightKey
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
	more := ""
	if j.scattered {
		more = " in what was read; more do"
	}
	return fmt.Sprintf("%s (%d of %d match%s)", text, j.matched, j.comparable, more)
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

// joins returns the joins that would match something, the best one first.
func (d *drafter) joins(ctx context.Context, left, right *drafted) (good []*draftJoin, err error) {
	tried := 0
	for _, j := range candidates(left, right) {
		if tried++; tried > maxTried {
			break
		}
		if err := d.try(ctx, j); err != nil {
			return nil, err
		}
		if j.rate() < 0.5 && j.mayBeNear() && !j.scattered {
			if near, err := d.near(ctx, j); err != nil {
				return nil, err
			} else if near != nil && near.matched > 2*j.matched {
				good = append(good, near)
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

// score is higher the more likely a join is what is meant: much matches, members have one name, keys are times, and those that
// are near are much nearer to each other than to the next ones.
func (j *draftJoin) score() float64 {
	score := j.rate() + 0.3*j.used // numbers of few values, as yes and no are, find what is numbered so, and little of it
	if j.sameName {
		score += 0.5
	}
	if j.leftKey.isTime {
		score += 0.4
	}
	if j.within != "" {
		score -= 0.3
		if !j.sameName {
			score -= 0.15 // other members that are equal in all elements say more
		}
	}
	if j.loose {
		score -= 0.5
	}
	if j.leftKey.kind == "text" {
		score -= 0.2
	}
	if j.crossed {
		score -= 0.8
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

// try finds out how much the join matches, and how its streams come into its order.
func (d *drafter) try(ctx context.Context, j *draftJoin) (err error) {
	for side := range j.orders {
		if j.orders[side], err = d.ordering(ctx, j, side); err != nil || j.orders[side].never {
			return err
		}
	}
	p, err := d.parse(j.text(mill.Standard))
	if err != nil {
		return d.plainly(err)
	}
	report, err := p.Check(ctx, d.quietly())
	if err != nil {
		return d.plainly(err)
	}
	found := &report.Joins[0]
	j.used = found.used
	j.crossed = j.leftKey.kind == "text" && j.by == "" && min(found.LeftPerKey, found.RightPerKey) >= 2
	j.matched, j.comparable, j.scattered, j.problems = found.Matched, found.Comparable, found.Scattered, report.Problems
	return nil
}

// near returns the join of the nearest elements within a distance that most are apart by at most; nil where there is none.
func (d *drafter) near(ctx context.Context, j *draftJoin) (*draftJoin, error) {
	near := *j
	near.within = "any"
	p, err := d.parse(near.text(mill.Standard))
	if err != nil {
		return nil, nil // such keys have no distances
	}
	report, err := p.Check(ctx, d.quietly())
	if err != nil {
		return nil, d.plainly(err)
	}
	near.within = ""
	var shortest expression.Distance
	for _, side := range []*Distances{report.Joins[0].Before, report.Joins[0].After} {
		if side == nil {
			continue
		}
		distance, err := expression.ParseDistance(side.P90)
		if err != nil {
			return nil, err // what a report says of distances can be read
		}
		if near.within == "" || expression.CompareDistances(distance, shortest) < 0 {
			near.within, shortest = side.P90, distance
		}
	}
	if near.within == "" {
		return nil, nil
	}
	near.loose = isLoose(shortest, report.Joins[0].RightKeys, j.right.head.Read)
	if err := d.try(ctx, &near); err != nil {
		return nil, err
	}
	return &near, nil
}

// isLoose reports whether a distance is large beside that from one of some keys to the next.
func isLoose(within expression.Distance, keys *KeyRange, count int) bool {
	const much = 0.25
	if keys == nil || count < 2 {
		return true
	}
	all := expression.Between(keys.To, keys.From)
	return within.Float() > much*all.Float()/float64(count-1)
}

// withMatchKey returns the join with a match key where both streams have a member of one name that tells things apart, as a
// ticker does, and most of what matches without it matches with it, too.
func (d *drafter) withMatchKey(ctx context.Context, j *draftJoin) (*draftJoin, error) {
	for _, l := range j.left.keys {
		for _, r := range j.right.keys {
			if l.column.Name != r.column.Name || l.kind != r.kind || l.isTime || l.column.Name == j.leftKey.column.Name ||
				r.column.Name == j.rightKey.column.Name || !j.left.repeats(l.column.Name) || !j.right.repeats(l.column.Name) {
				continue
			}
			with := *j
			with.by = l.column.Name
			if err := d.try(ctx, &with); err != nil {
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
	b.WriteString(top(j.left, j.right))
	if j.left.Storage == "kafka" {
		b.WriteString("  # data_timeout: 30s   # ends a run when nothing has come for so long; without it leat topic end does\n")
	}
	b.WriteString("streams:\n")
	for i := range j.orders {
		s, _ := j.side(i)
		fmt.Fprintf(&b, "  %s:\n%s", s.name, s.place(j.orders[i].column))
		if sort := j.orders[i].sort; sort != "" {
			fmt.Fprintf(&b, "    sort: %s   # it isn't in this order, as a join needs it\n", sort)
		}
	}
	b.WriteString("  joined:\n" + j.output(output))
	fmt.Fprintf(&b, "master: %s   # each of its elements is written once, with its matches\njoin:\n", j.left.name)
	fmt.Fprintf(&b, "  - left: %s\n    right: %s\n    on: %s\n", j.left.name, j.right.name, quoteYAML(j.on()))
	if j.by != "" {
		fmt.Fprintf(&b, "    by: %s\n", quoteYAML(memberOf(j.left.name, j.by)+" == "+memberOf(j.right.name, j.by)))
	}
	if j.within != "" {
		fmt.Fprintf(&b, "    within: %s      # how far keys may be apart\n", j.within)
		b.WriteString("    take: nearest   # or last, first; all if left out\n")
	}
	b.WriteString("    # need: optional   # writes elements without a match, too\noutput: joined\n")
	if j.left.Storage != "" {
		b.WriteString("# A run goes on where the last one ended; leat positions --reset has the next one begin anew.\n")
	}
	fmt.Fprintf(&b, "# emit:   # the members of a result; without it %s as it is, with %s in it\n", j.left.name, j.right.name)
	for _, c := range j.left.keys {
		fmt.Fprintf(&b, "#   %s: %s\n", yamlName(c.column.Name), yamlText(memberOf(j.left.name, c.column.Name)))
	}
	return b.String()
}

// output returns the lines of the output. From topics that is a topic, which may have as many partitions as they.
func (j *draftJoin) output(path string) string {
	switch {
	case path == mill.Standard || j.left.Storage == "":
		return fmt.Sprintf("    file: %s   # .csv is another format; then emit must name plain members\n", Quote(path))
	case j.left.Storage == "kafka":
		return fmt.Sprintf("    topic: %s   # it is created; leat topic dump shows it\n",
			Quote(j.left.Stream+"-"+j.right.Stream+"-joined"))
	}
	return fmt.Sprintf("    file: %s   # a table is another output: %s: {table: joined, columns: {…}}, with emit\n", Quote(path),
		j.left.Storage)
}

// yamlName writes the name of a member, and yamlText an expression, in quotes where YAML needs them.
func yamlName(name string) string {
	if isIdentifier(name) {
		return name
	}
	return Quote(name)
}

func yamlText(text string) string {
	if strings.Contains(text, "[") {
		return quoteYAML(text)
	}
	return text
}

// quoteYAML writes a text in single quotes.
func quoteYAML(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

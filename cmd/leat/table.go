package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// A grid is a table of objects: a column for each member, in the order in which they come.
type grid struct {
	names []string
	rows  []map[string]cell
}

// A cell is what a table shows of a value.
type cell struct {
	text     string
	isNumber bool
}

// gap is what is between two columns, and leastWidth how wide a column stays at least when a terminal is too narrow.
const (
	gap        = 2
	leastWidth = 8
)

// add adds a row, the members of an object.
func (g *grid) add(object []byte) {
	row := map[string]cell{}
	eachMember(object, func(name string, value json.RawMessage) {
		known := false
		for _, n := range g.names {
			known = known || n == name
		}
		if !known {
			g.names = append(g.names, name)
		}
		row[name] = cellOf(value)
	})
	g.rows = append(g.rows, row)
}

// eachMember calls visit for the members of an object, in their order.
func eachMember(object []byte, visit func(name string, value json.RawMessage)) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return // what isn't an object doesn't come here
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return
		}
		if text, ok := name.(string); ok {
			visit(text, value)
		}
	}
}

// cellOf returns what is shown of a value: a text without quotes, all else as it is written.
func cellOf(value json.RawMessage) cell {
	var text string
	switch value[0] {
	case '"':
		if json.Unmarshal(value, &text) == nil {
			return cell{text: printable(text)}
		}
	case '{', '[':
		var compact bytes.Buffer
		if json.Compact(&compact, value) == nil {
			return cell{text: printable(compact.String())}
		}
	case 'n', 't', 'f':
		return cell{text: string(value)}
	}
	return cell{string(value), true}
}

// printable writes a text in one line, without what would move a terminal's cursor.
func printable(text string) string {
	if strings.IndexFunc(text, isUnprintable) < 0 {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case isUnprintable(c):
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func isUnprintable(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }

// A layout is how wide the columns of a table are.
type layout struct {
	names  []string
	widths []int
	right  []bool
	// left counts the columns that there is no room for.
	left int
}

// layOut finds the widths of a table's columns for a terminal; zero is one that is wide enough. The widest columns are
// cut first; where even that isn't enough, the last ones aren't shown.
func (g *grid) layOut(heads map[string]string, terminal int) layout {
	l := layout{names: g.names}
	for _, name := range g.names {
		width, right := max(runewidth.StringWidth(printable(name)), runewidth.StringWidth(heads[name])), len(g.rows) > 0
		numbers := false
		for _, row := range g.rows {
			c, ok := row[name]
			width = max(width, runewidth.StringWidth(c.text))
			numbers = numbers || c.isNumber
			right = right && (!ok || c.isNumber || c.text == "null")
		}
		l.widths, l.right = append(l.widths, width), append(l.right, right && numbers)
	}
	if terminal <= 0 {
		return l
	}
	for len(l.widths) > 1 && l.total(leastWidth) > terminal {
		l.widths, l.names, l.left = l.widths[:len(l.widths)-1], l.names[:len(l.names)-1], l.left+1
	}
	most := terminal
	for most > 1 && l.total(most) > terminal {
		most--
	}
	for i, w := range l.widths {
		l.widths[i] = min(w, most)
	}
	return l
}

// total is how wide the table is where no column is wider than most.
func (l *layout) total(most int) int {
	total := gap * (len(l.widths) - 1)
	for _, w := range l.widths {
		total += min(w, most)
	}
	return total
}

// line writes a row; numbers are on the right.
func (l *layout) line(out io.Writer, text func(name string) cell) error {
	var line strings.Builder
	for i, name := range l.names {
		c := text(name)
		shown := runewidth.Truncate(c.text, l.widths[i], "…")
		blanks := strings.Repeat(" ", l.widths[i]-runewidth.StringWidth(shown))
		if i > 0 {
			line.WriteString(strings.Repeat(" ", gap))
		}
		if c.isNumber || l.right[i] {
			line.WriteString(blanks + shown)
		} else {
			line.WriteString(shown + blanks)
		}
	}
	_, err := fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	return err
}

// head writes the names of the columns, and what is said below them if there is anything.
func (l *layout) head(out io.Writer, heads map[string]string) error {
	err := l.line(out, func(name string) cell { return cell{text: printable(name)} })
	if err == nil && len(heads) > 0 {
		err = l.line(out, func(name string) cell { return cell{text: heads[name]} })
	}
	if err == nil {
		rule := make([]string, len(l.widths))
		for i, w := range l.widths {
			rule[i] = strings.Repeat("─", w)
		}
		_, err = fmt.Fprintln(out, strings.Join(rule, strings.Repeat(" ", gap)))
	}
	return err
}

// print prints the table for a terminal's width; heads are what is said below the names.
func (g *grid) print(out io.Writer, heads map[string]string, terminal int) error {
	if len(g.names) == 0 {
		return nil
	}
	l := g.layOut(heads, terminal)
	if err := l.head(out, heads); err != nil {
		return err
	}
	for _, row := range g.rows {
		if err := l.line(out, func(name string) cell { return row[name] }); err != nil {
			return err
		}
	}
	return l.footer(out)
}

// footer says which columns there was no room for.
func (l *layout) footer(out io.Writer) (err error) {
	if l.left > 0 {
		_, err = fmt.Fprintf(out, "… and %s there is no room for: make the terminal wider, or see all by --format json\n",
			count(l.left, "column"))
	}
	return err
}

// width returns how wide the terminal is that shows results; zero where none does.
func (a *app) width() int {
	file, ok := a.stdout.(*os.File)
	if !ok || !a.results {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return usualWidth
	}
	return width
}

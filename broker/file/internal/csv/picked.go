package csv

import (
	"slices"

	"github.com/leat-go/leat/codec"
)

// picked makes objects of the members that somebody needs, and knows where in them these lie.
type picked struct {
	columns []pickedColumn
	// plain is what knows the dialect; only what never changes of it is used.
	plain  *Decoder
	places int
	// size is that of an object beside its cells, where each is null or in quotes.
	size   int
	object codec.DecodePlaced
}

type pickedColumn struct {
	column
	isNeeded bool
	place    int // of the value, by its index; -1 where nobody asks
}

// newPicked returns what makes objects of the members that are needed; nil where one of them has no column, since what is said of
// it then names those that have.
func (d *Decoder) newPicked(needed []string, c codec.Placer) rowForm {
	asked, decode := c.Placed()
	if decode == nil {
		return nil
	}
	p := &picked{plain: d, places: len(asked), object: decode}
	found, last := 0, 0
	p.size = len("{}")
	for i, name := range d.names {
		m := d.members(name).Name
		to := pickedColumn{column: column{text: d.columns[i].text}, place: slices.Index(asked, m)}
		if to.isNeeded = to.place >= 0 || slices.Contains(needed, m); to.isNeeded {
			to.before = beforeValue(found, m)
			p.size += len(to.before) + len("null")
			found++
			last = i + 1
		}
		p.columns = append(p.columns, to)
	}
	for _, name := range needed {
		if !slices.ContainsFunc(d.names, func(column string) bool { return d.members(column).Name == name }) {
			return nil
		}
	}
	p.columns = p.columns[:last]
	return p
}

func (p *picked) decode(text []byte, rows []Span, elements []any, memory *Memory) (n int, err error) {
	for i, row := range rows {
		if ok, err := p.decodeRow(text[row.Begin:row.End], elements[i], memory); !ok || err != nil {
			return i, err
		}
	}
	return len(rows), nil
}

func (p *picked) decodeRow(row []byte, element any, memory *Memory) (ok bool, err error) {
	if need := p.size + len(row); cap(memory.objects)-len(memory.objects) < need {
		memory.objects = make([]byte, 0, max(objectsSize, need))
	}
	if memory.places == nil {
		memory.places = make([]codec.Place, p.places)
	}
	clear(memory.places)
	begin := len(memory.objects)
	into := p.append(memory.objects, row, memory.places)
	if into == nil {
		return false, nil
	}
	memory.objects = into
	return true, p.object(into[begin:len(into):len(into)], memory.places, element)
}

// append appends the object of a row that fits, with the places of its values; it returns nil where a cell has what a JSON string
// escapes.
func (p *picked) append(into, row []byte, places []codec.Place) []byte {
	begin, at, delimiter := len(into), 0, p.plain.splitter.delimiter[0]
	none := true
	for i := range p.columns {
		c := &p.columns[i]
		if !c.isNeeded {
			for at < len(row) && row[at] != delimiter {
				at++
			}
			at++
			continue
		}
		none = false
		into = append(into, c.before...)
		value := len(into)
		if into, at = p.plain.plainCell(into, row, at, &c.column); into == nil {
			return nil
		}
		at++
		if c.place >= 0 {
			places[c.place] = codec.Place{Start: uint32(value - begin), End: uint32(len(into) - begin)}
		}
	}
	if none {
		into = append(into, '{')
	}
	return append(into, '}')
}

package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"
)

const (
	// maxPage is how many bytes a page may have, decompressed. Writers make pages of a mebibyte, and some of a hundred.
	maxPage = 256 << 20
	// maxHeader is how many bytes the header of a page may have: statistics with long texts are in it.
	maxHeader = 16 << 20
	// headerWindow is how much is read for a header at first.
	headerWindow = 1 << 10
)

// A chunk reads the values of a column in a row group, entry by entry: a value, or what is there where there is none,
// with its levels.
type chunk struct {
	*node
	file  io.ReaderAt
	codec format.CompressionCodec
	// pages lie from at to end, and hold left entries more.
	at, end int64
	left    int64
	*decompressor

	dictionary *vector
	// values are those of the page at hand, and entries how many entries it has; entry is the one at hand, and value its
	// value's index, if it has one.
	values       vector
	entries      int
	entry, value int
	defs, reps   []uint8 // nil where all are the greatest, and zero
	packed, text []byte  // whose memory is used again
	header       []byte
	err          error
}

// newChunk returns what reads a column of a row group.
func newChunk(n *node, file io.ReaderAt, f *footer, group int, d *decompressor) (*chunk, error) {
	m := &f.RowGroups[group].Columns[n.leaf].MetaData
	begin, end, err := extent(m, f.end)
	if err != nil {
		return nil, err
	}
	return &chunk{node: n, file: file, codec: m.Codec, at: begin, end: end, left: m.NumValues, decompressor: d}, nil
}

// has reports whether there is an entry at hand, of the next page where one has ended.
func (c *chunk) has() bool {
	for c.entry == c.entries {
		if c.left == 0 || c.err != nil {
			return false
		}
		if err := c.nextPage(0); err != nil {
			c.err = err
			return false
		}
	}
	return true
}

// def returns the definition level of the entry at hand.
func (c *chunk) defAt() uint8 {
	if c.defs == nil {
		return c.node.def
	}
	return c.defs[c.entry]
}

// repAt returns the repetition level of the entry at hand.
func (c *chunk) repAt() uint8 {
	if c.reps == nil {
		return 0
	}
	return c.reps[c.entry]
}

// pass goes on to the next entry.
func (c *chunk) pass() {
	if c.defAt() == c.node.def {
		c.value++
	}
	c.entry++
}

// skip passes over so many rows, without reading the pages that hold nothing else.
func (c *chunk) skip(rows int64) error {
	for rows > 0 {
		if c.entry == c.entries {
			if c.left == 0 {
				return damaged("it ends too early")
			}
			spared := int64(0)
			if c.node.rep == 0 {
				spared = rows
			}
			before := c.left
			if err := c.nextPage(spared); err != nil {
				return err
			}
			if c.entries == 0 { // a page was spared
				rows -= before - c.left
			}
			continue
		}
		c.pass()
		if !c.has() || c.repAt() == 0 {
			rows--
		}
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

// nextPage reads the next page. One with no more than so many entries is passed over, and leaves none.
func (c *chunk) nextPage(spared int64) error {
	c.entry, c.entries, c.value = 0, 0, 0
	head, err := c.readHeader()
	if err != nil {
		return err
	}
	size := int64(head.CompressedPageSize)
	if size < 0 || size > c.end-c.at || head.UncompressedPageSize < 0 || head.UncompressedPageSize > maxPage {
		return damaged("a page has %d bytes, and %d decompressed, by its header", size, head.UncompressedPageSize)
	}
	count := int64(0)
	switch head.Type {
	case format.DataPage:
		count = int64(head.DataPageHeader.V.NumValues)
	case format.DataPageV2:
		count = int64(head.DataPageHeaderV2.V.NumValues)
	case format.DictionaryPage:
		return c.readDictionary(head)
	default:
		c.at += size
		return nil
	}
	if count < 0 || count > c.left {
		return damaged("a page has %d values by its header, and the column %d", count, c.left)
	}
	c.left -= count
	if count <= spared {
		c.at += size
		return nil
	}
	page, err := c.readPage(head)
	if err != nil {
		return err
	}
	if head.Type == format.DataPageV2 {
		err = c.readV2(head, page, int(count))
	} else {
		err = c.readV1(head, page, int(count))
	}
	if err == nil {
		c.entries = int(count)
	}
	return err
}

// readHeader reads the header of the next page.
func (c *chunk) readHeader() (*format.PageHeader, error) {
	for window := int64(headerWindow); ; window *= 8 {
		size := min(window, c.end-c.at)
		c.header = resize(c.header, int(size))
		if _, err := c.file.ReadAt(c.header, c.at); err != nil {
			return nil, readError(err)
		}
		n, err := scanThrift(c.header)
		switch {
		case errors.Is(err, errShort) && size == window && window < maxHeader:
			continue
		case err != nil:
			return nil, damaged("the header of a page can't be read: %v", err)
		}
		head := &format.PageHeader{}
		if err := decodeThrift(c.header[:n], head); err != nil {
			return nil, damaged("the header of a page can't be read: %v", err)
		}
		c.at += int64(n)
		return head, nil
	}
}

// readPage reads the bytes of a page.
func (c *chunk) readPage(head *format.PageHeader) ([]byte, error) {
	c.packed = resize(c.packed, int(head.CompressedPageSize))
	if len(c.packed) > 0 {
		if _, err := c.file.ReadAt(c.packed, c.at); err != nil {
			return nil, readError(err)
		}
	}
	c.at += int64(len(c.packed))
	if head.CRC != 0 && crc32.ChecksumIEEE(c.packed) != uint32(head.CRC) {
		return nil, damaged("the checksum of a page is not that of its bytes")
	}
	return c.packed, nil
}

func (c *chunk) readDictionary(head *format.PageHeader) error {
	h := &head.DictionaryPageHeader.V
	if c.dictionary != nil || !head.DictionaryPageHeader.Valid || h.NumValues < 0 {
		return damaged("it has a dictionary where there can be none")
	}
	page, err := c.readPage(head)
	if err == nil {
		page, err = c.decompress(c.codec, nil, page, int(head.UncompressedPageSize))
	}
	if err != nil {
		return err
	}
	if c.codec == format.Uncompressed {
		page = bytes.Clone(page)
	}
	c.dictionary = &vector{}
	return c.dictionary.plain(c.node, page, int(h.NumValues))
}

// readV1 decodes a page of the older form, in which all is compressed together.
func (c *chunk) readV1(head *format.PageHeader, page []byte, count int) (err error) {
	h := &head.DataPageHeader.V
	if page, err = c.unpackPage(page, int(head.UncompressedPageSize)); err != nil {
		return err
	}
	if c.reps, page, err = levelsV1(c.reps, page, c.node.rep, count, h.RepetitionLevelEncoding); err != nil {
		return err
	}
	if c.defs, page, err = levelsV1(c.defs, page, c.node.def, count, h.DefinitionLevelEncoding); err != nil {
		return err
	}
	return c.values.decode(c.node, h.Encoding, c.dictionary, page, c.present(count))
}

func levelsV1(into []uint8, page []byte, greatest uint8, count int, encoding format.Encoding) ([]uint8, []byte, error) {
	if greatest == 0 {
		return nil, page, nil
	}
	if encoding == format.BitPacked {
		size := (count*bits.Len8(greatest) + 7) / 8
		into, err := levels(into, page, greatest, count, true)
		return into, page[min(size, len(page)):], err
	}
	if len(page) < 4 || binary.LittleEndian.Uint32(page) > uint32(len(page)-4) {
		return nil, nil, errValues
	}
	size := 4 + int(binary.LittleEndian.Uint32(page))
	into, err := levels(into, page[4:size], greatest, count, false)
	return into, page[size:], err
}

// readV2 decodes a page of the newer form, in which the levels aren't compressed.
func (c *chunk) readV2(head *format.PageHeader, page []byte, count int) (err error) {
	h := &head.DataPageHeaderV2.V
	repSize, defSize := int(h.RepetitionLevelsByteLength), int(h.DefinitionLevelsByteLength)
	if repSize < 0 || defSize < 0 || repSize > len(page) || defSize > len(page)-repSize ||
		repSize+defSize > int(head.UncompressedPageSize) {
		return errValues
	}
	reps, defs, text := page[:repSize], page[repSize:repSize+defSize], page[repSize+defSize:]
	if !h.IsCompressed.Valid || h.IsCompressed.V {
		if text, err = c.unpackPage(text, int(head.UncompressedPageSize)-repSize-defSize); err != nil {
			return err
		}
	}
	if c.reps, err = levelsV2(c.reps, reps, c.node.rep, count); err != nil {
		return err
	}
	if c.defs, err = levelsV2(c.defs, defs, c.node.def, count); err != nil {
		return err
	}
	return c.values.decode(c.node, h.Encoding, c.dictionary, text, c.present(count))
}

func levelsV2(into []uint8, text []byte, greatest uint8, count int) ([]uint8, error) {
	if greatest == 0 {
		return nil, nil
	}
	return levels(into, text, greatest, count, false)
}

// unpackPage decompresses a page in memory that is used again.
func (c *chunk) unpackPage(page []byte, size int) ([]byte, error) {
	if size == 0 && len(page) == 0 {
		return nil, nil // some write nothing where all is null
	}
	text, err := c.decompress(c.codec, c.text, page, size)
	if err == nil && c.codec != format.Uncompressed {
		c.text = text
	}
	return text, err
}

// present returns how many of the entries have a value.
func (c *chunk) present(count int) int {
	if c.defs == nil {
		return count
	}
	n := 0
	for _, d := range c.defs {
		if d == c.node.def {
			n++
		}
	}
	return n
}

// fail says which column an error is of.
func (c *chunk) fail(err error) error { return fmt.Errorf("column %s: %w", c.node.name, err) }

package description

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// What a pipeline file may be at most. A pipeline of a hundred streams has some ten kilobytes, and is five levels deep.
// The parser takes time and memory that grow with the size of the file; what parses expressions goes as deep as they
// are nested, and takes far more for each of their bytes.
const (
	maxFile    = 256 << 10
	maxNodes   = 10_000
	maxText    = 16 << 10
	maxNesting = 64
)

// errTooLarge says that a file is larger than any pipeline.
var errTooLarge = errors.New("it has more than 256 KiB, which is more than a pipeline file may have; " +
	"is it a file of data?")

// errTooDeep says that a file is nested deeper than any pipeline.
var errTooDeep = fmt.Errorf("this is nested more than %d levels deep; a pipeline file has five", maxNesting)

// errAlias says that a node stands for another one.
var errAlias = errors.New("this is an anchor or alias, which pipeline files don't have; " +
	"a text that begins so needs quotes")

// readFile reads a pipeline file, and no more of it than a pipeline file may have: the path may lead to anything.
func readFile(path string) (data []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if data, err = io.ReadAll(io.LimitReader(file, maxFile+1)); err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: %w", path, errTooLarge)
	}
	return data, nil
}

// checkText refuses what is no text, and what is larger than a pipeline.
func (s *source) checkText(data []byte) error {
	switch {
	case len(data) > maxFile:
		return s.errorAt(location{1, 1}, "%v", errTooLarge)
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return s.errorAt(location{1, 1}, "the text is UTF-16; save it as UTF-8")
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		column := 0
		for len(line) > 0 {
			column++
			c, size := utf8.DecodeRune(line)
			line = line[size:]
			switch at := (location{number, column}); {
			case c == utf8.RuneError && size == 1:
				return s.errorAt(at, "this byte is not UTF-8; save the file as UTF-8")
			case isControl(c):
				return s.errorAt(at, "this is the control character %U, which a text doesn't have; is it a file of data?", c)
			}
		}
	}
	return nil
}

// isControl reports whether YAML takes a character for none of a text.
func isControl(c rune) bool {
	return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c >= 0x7F && c < 0xA0 && c != 0x85 ||
		c == 0xFFFE || c == 0xFFFF || c >= 0xD800 && c < 0xE000
}

// checkDepth refuses nesting before the parser follows it.
func checkDepth(depth int, _ *yaml.DepthContext) error {
	if depth > maxNesting {
		return errTooDeep
	}
	return nil
}

// checkNodes refuses what YAML has and pipeline files don't, and more than a pipeline has.
func (s *source) checkNodes(root *yaml.Node) error {
	count := 0
	var check func(node *yaml.Node, depth int) error
	check = func(node *yaml.Node, depth int) error {
		count++
		switch at := s.locationOf(node); {
		case node.Kind == yaml.AliasNode, node.Anchor != "", node.ShortTag() == "!!merge" && node.Style == 0:
			return s.errorAt(at, "%v", errAlias)
		case node.Style&yaml.TaggedStyle != 0:
			return s.errorAt(at, "this is a tag, which pipeline files don't have; a text that begins so needs quotes")
		case depth > maxNesting:
			return s.errorAt(at, "%v", errTooDeep)
		case len(node.Value) > maxText:
			return s.errorAt(at, "this text has %d bytes; one of a pipeline file has %d at most", len(node.Value), maxText)
		case count > maxNodes:
			return s.errorAt(at, "the file is too long: behind %d names and values; is it a file of data?", maxNodes)
		}
		for _, part := range node.Content {
			if err := check(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return check(root, 0)
}

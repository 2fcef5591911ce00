package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// What a pipeline file may be at most. A pipeline of a hundred streams has some ten kilobytes, and is five levels deep. What cuts
// YAML into tokens takes time that grows with the square of a line's length and of the number of empty lines, what parses
// tokens with the square of their number, and both what parses YAML and what parses expressions go as deep as they are nested.
const (
	maxFile    = 256 << 10
	maxLine    = 32 << 10
	maxBlank   = 5000
	maxTokens  = 10_000
	maxText    = 16 << 10
	maxNesting = 64
)

// errTooLarge says that a file is larger than any pipeline.
var errTooLarge = errors.New("it has more than 256 KiB, which is more than a pipeline file may have; is it a file of data?")

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
		return s.errorAt(place{1, 1}, "%v", errTooLarge)
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return s.errorAt(place{1, 1}, "the text is UTF-16; save it as UTF-8")
	}
	number, blank := 0, 0
	for line := range bytes.Lines(data) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			blank++
		}
		switch {
		case bytes.IndexByte(line, 0) >= 0:
			return s.errorAt(place{number, 1}, "this line has a zero byte in it, so the file is no text")
		case len(line) > maxLine:
			return s.errorAt(place{number, 1}, "this line has %d bytes; one of a pipeline file has %d at most",
				len(line), maxLine)
		case blank > maxBlank:
			return s.errorAt(place{number, 1}, "the file has more than %d empty lines, take some out", maxBlank)
		}
	}
	return nil
}

// checkTokens refuses nesting, whatever it is made of, and what pipeline files don't have, before the parser sees it. Tokens
// know quotes and comments.
func (s *source) checkTokens(text string) error {
	nested := nesting{}
	for i, t := range lexer.Tokenize(text) {
		if t.Position == nil {
			continue
		}
		at := place{t.Position.Line, max(t.Position.Column, 1)}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return s.errorAt(at, "this is an anchor or alias, which pipeline files don't have; a text that begins so needs "+
				"quotes")
		case token.TagType:
			return s.errorAt(at, "this is a tag, which pipeline files don't have; a text that begins so needs quotes")
		}
		switch {
		case nested.add(t) > maxNesting:
			return s.errorAt(at, "this is nested more than %d levels deep; a pipeline file has five", maxNesting)
		case len(t.Value) > maxText:
			return s.errorAt(at, "this text has %d bytes; one of a pipeline file has %d at most", len(t.Value), maxText)
		case i >= maxTokens:
			return s.errorAt(at, "the file is too long: behind %d names, values and signs; is it a file of data?", maxTokens)
		}
	}
	return nil
}

// nesting follows how deep the tokens of a text are nested.
type nesting struct {
	// flow is how many brackets are open.
	flow int
	// block holds the columns of the open blocks' entries, growing.
	block []int
	// chain is how many signs of entries stand one behind the other in brackets, where each holds the next.
	chain int
	last  *token.Token
}

// add adds a token, and returns how deep it is nested.
func (n *nesting) add(t *token.Token) int {
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		n.flow++
	case token.MappingEndType, token.SequenceEndType:
		n.flow = max(n.flow-1, 0)
		n.chain = 0
	case token.CollectEntryType:
		n.chain = 0
	case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
		n.entry(t)
	case token.DocumentHeaderType, token.DocumentEndType:
		*n = nesting{}
	}
	n.last = t
	return n.flow + len(n.block) + n.chain
}

// entry adds the sign of an entry. Outside of brackets its column tells what holds it: the column of the name before a colon.
func (n *nesting) entry(t *token.Token) {
	if n.flow > 0 {
		n.chain++
		return
	}
	column := t.Position.Column
	if t.Type == token.MappingValueType && n.last != nil && n.last.Position != nil && n.last.Position.Line == t.Position.Line {
		column = n.last.Position.Column
	}
	for len(n.block) > 0 && n.block[len(n.block)-1] >= column {
		n.block = n.block[:len(n.block)-1]
	}
	n.block = append(n.block, column)
}

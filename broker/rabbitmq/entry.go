package rabbitmq

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq/internal/amqp1"
)

// The kinds of entries.
const (
	// kindLook has nothing to say: who adds it reads up to it, and has seen all that was there before.
	kindLook = "look"
	// kindClaim takes partitions over.
	kindClaim = "claim"
	// kindCommit is a commit of some partitions.
	kindCommit = "commit"
	// kindDone says that the outputs have the last commit.
	kindDone = "done"
	// kindPiece is a piece of an entry that is too large for one message.
	kindPiece = "piece"
)

// An entry is one of the journal. It is a message of its own, or the last of several. Its head is JSON, in the first
// line of a message, which people can read; behind it come the results.
type entry struct {
	Kind string `json:"kind"`
	// Run tells whose it is, and Number which one of that run's.
	Run    string `json:"run"`
	Number uint64 `json:"number"`
	// Pieces is how many pieces come before it, with the beginning of the results.
	Pieces int `json:"pieces,omitempty"`
	// From is the offset in the journal from which to read to know everything, as far as the writer knows; -1 where it
	// doesn't.
	From int64 `json:"from"`
	// Holder names the process to people.
	Holder string `json:"holder,omitempty"`
	Parts  []part `json:"parts,omitempty"`
}

// A part of an entry is what it says of one partition.
type part struct {
	Partition int `json:"partition"`
	// Claim is the offset of the claim that the writer works under: it counts only if there is no later one. A claim
	// may have none, -1: it always counts, and whatever the writer before adds behind it doesn't.
	Claim    int64           `json:"claim"`
	Progress json.RawMessage `json:"progress,omitempty"`
	// Results tells, for each output, what of it the entry holds.
	Results []written `json:"results,omitempty"`
}

// written is what a commit adds to an output: so many messages, whose ids go up from First.
type written struct {
	Output string `json:"output"`
	// Queue says that it isn't a stream.
	Queue bool   `json:"queue,omitempty"`
	First uint64 `json:"first"`
	Count int    `json:"count"`
}

// key tells an entry from all others.
func (e *entry) key() string { return fmt.Sprint(e.Run, "/", e.Number) }

// maxPayload is how many bytes of compressed results an entry may have: the journal must keep it whole.
const maxPayload = journalLength / 2

// messages returns the messages that an entry is, in each at most so many bytes of its results.
func (e *entry) messages(payload []byte, piece int) ([][]byte, error) {
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("rabbitmq: the results of one commit have %d bytes, even compressed; it takes at most %d: "+
			"let a call return fewer", len(payload), maxPayload)
	}
	var all [][]byte
	for ; len(payload) > piece; payload = payload[piece:] {
		head := entry{Kind: kindPiece, Run: e.Run, Number: e.Number, From: e.From}
		message, err := head.message(payload[:piece])
		if err != nil {
			return nil, err
		}
		all = append(all, message)
	}
	e.Pieces = len(all)
	last, err := e.message(payload)
	return append(all, last), err
}

// message returns one message.
func (e *entry) message(payload []byte) ([]byte, error) {
	head, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return amqp1.Append(nil, nil, noTime, append(append(head, '\n'), payload...)), nil
}

// readEntry reads a message of the journal.
func readEntry(message []byte) (e *entry, payload []byte, err error) {
	var record broker.Record
	if err := amqp1.Read(message, &record); err != nil {
		return nil, nil, err
	}
	head, payload, found := bytes.Cut(record.Value, []byte("\n"))
	if !found {
		return nil, nil, errors.New("it has no head")
	}
	e = &entry{}
	if err := json.Unmarshal(head, e); err != nil {
		return nil, nil, err
	}
	return e, payload, nil
}

// pack returns the results of an entry's parts, in the order of parts and outputs, compressed.
func pack(outputs [][][]byte) []byte {
	var plain []byte
	for _, messages := range outputs {
		for _, m := range messages {
			plain = append(binary.AppendUvarint(plain, uint64(len(m))), m...)
		}
	}
	if len(plain) == 0 {
		return nil
	}
	return s2.Encode(nil, plain)
}

// unpack returns the results of one part, by output.
func (e *entry) unpack(payload []byte, wanted int) ([][][]byte, error) {
	plain, err := s2.Decode(nil, payload)
	if err != nil {
		return nil, fmt.Errorf("rabbitmq: a commit in the journal is damaged: %w", err)
	}
	var outputs [][][]byte
	for i, p := range e.Parts[:wanted+1] {
		for _, w := range p.Results {
			messages := make([][]byte, w.Count)
			for k := range messages {
				size, n := binary.Uvarint(plain)
				if n <= 0 || size > uint64(len(plain)-n) {
					return nil, errors.New("rabbitmq: a commit in the journal is damaged: it ends too early")
				}
				messages[k] = plain[n : n+int(size)]
				plain = plain[n+int(size):]
			}
			if i == wanted {
				outputs = append(outputs, messages)
			}
		}
	}
	return outputs, nil
}

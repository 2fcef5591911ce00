package nats

import (
	"fmt"
	"slices"
	"strings"
)

// collides reports whether there are subjects that match both patterns.
func collides(a, b string) bool {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(left), len(right)) {
		switch {
		case left[i] == ">" || right[i] == ">":
			return true
		case left[i] != right[i] && left[i] != "*" && right[i] != "*":
			return false
		}
	}
	return len(left) == len(right)
}

func collidesWithAny(subject string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return collides(subject, p) })
}

// isLiteral reports whether a subject is one that messages can be published to.
func isLiteral(subject string) bool {
	tokens := strings.Split(subject, ".")
	return !slices.ContainsFunc(tokens, func(t string) bool {
		return t == "" || t == "*" || t == ">" || strings.ContainsAny(t, " \t\r\n")
	})
}

// streamName returns a name for a JetStream stream that is to hold a subject: TICKS_EU for ticks.eu.
func streamName(subject string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(".*> \t\r\n/\\", r) {
			return '_'
		}
		return r
	}, strings.ToUpper(subject)), "_")
}

// token writes a name as one token of a subject.
func token(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c <= ' ' || c == 0x7f || strings.IndexByte(".*>%$", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

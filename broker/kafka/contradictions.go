package kafka

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// logins are the options of which a broker takes one.
var logins = [...]string{"Plain", "ScramSHA256", "ScramSHA512", "OAuthBearer"}

// give notes that an option was given that may contradict others.
func (s *settings) give(option string) {
	if !slices.Contains(s.given, option) {
		s.given = append(s.given, option)
	}
}

// contradiction names two options that contradict each other; "" where there are none.
func (s *settings) contradiction() string {
	var given []string
	for _, option := range s.given {
		if slices.Contains(logins[:], option) {
			given = append(given, option)
		}
	}
	if len(given) > 1 {
		return fmt.Sprintf("kafka.%s and kafka.%s are two ways to log in: give one of them", given[0], given[1])
	}
	if len(s.options) == 0 {
		return ""
	}
	return s.contradictionWithLibrary()
}

// contradictionWithLibrary names an option of this package and one of the library, given by [Options], that set the
// same.
func (s *settings) contradictionWithLibrary() string {
	dialer := append([]kgo.Opt{kgo.DialTLSConfig(s.tls)}, s.options...)
	if s.tls != nil && kgo.ValidateOpts(dialer...) != nil && kgo.ValidateOpts(s.options...) == nil {
		return "kafka.TLS and kafka.Options(kgo.Dialer) set the same: give one of them"
	}
	plain, err := optionsClient()
	if err != nil {
		return "" // opening the broker says so
	}
	defer plain.Close()
	theirs, err := optionsClient(s.options...)
	if err != nil {
		return "" // opening the broker says so
	}
	defer theirs.Close()
	for _, pair := range []struct {
		ours    []string
		name    string
		library any
	}{
		{[]string{"TLS"}, "DialTLSConfig", kgo.DialTLSConfig},
		{logins[:], "SASL", kgo.SASL},
		{[]string{"ClientID"}, "ClientID", kgo.ClientID},
		{[]string{"MetadataAge"}, "MetadataMaxAge", kgo.MetadataMaxAge},
		{[]string{"Compression"}, "ProducerBatchCompression", kgo.ProducerBatchCompression},
	} {
		for _, ours := range pair.ours {
			if slices.Contains(s.given, ours) &&
				!reflect.DeepEqual(plain.OptValue(pair.library), theirs.OptValue(pair.library)) {
				return fmt.Sprintf("kafka.%s and kafka.Options(kgo.%s) set the same: give one of them", ours, pair.name)
			}
		}
	}
	return ""
}

// optionsClient returns a client that only says what options come to. It makes no connection.
func optionsClient(options ...kgo.Opt) (*kgo.Client, error) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	return kgo.NewClient(append([]kgo.Opt{kgo.WithContext(ended)}, options...)...)
}

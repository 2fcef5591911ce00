package topic

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/leat-go/leat/internal/suggest"
)

// TLSFiles are the PEM files that TLS connections are made with. The zero value trusts the system's certificate
// authorities, and shows no certificate.
type TLSFiles struct {
	// CA holds the certificates of the authorities that Kafka's certificate must come from.
	CA string
	// Cert and Key are this client's certificate and its private key, where Kafka wants one: both or neither.
	Cert, Key string
}

// Config reads the files.
func (f TLSFiles) Config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, fmt.Errorf("read the certificate authorities: %w%s", err, suggested(err))
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("the certificate authorities: %s holds no certificate in PEM form", f.CA)
		}
	}
	if f.Cert == "" && f.Key == "" {
		return config, nil
	}
	if f.Cert == "" || f.Key == "" {
		return nil, errors.New("a client's certificate needs its private key, and the key its certificate: give both")
	}
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("read this client's certificate: %w%s", err, suggested(err))
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// suggested says which file may be meant by a name that none has.
func suggested(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		return suggest.File(path.Path)
	}
	return ""
}

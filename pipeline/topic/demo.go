package topic

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// A Demo is a Kafka in this process, for trying things out. It listens on this machine only, and keeps everything in
// memory until it is closed. Make one with [StartDemo].
type Demo struct {
	// Cluster is how to reach it.
	Cluster
	// CA is the certificate of the authority to trust, in PEM form; empty without TLS.
	CA   []byte
	fake *kfake.Cluster
}

// StartDemo starts a Kafka in this process. With withTLS it takes only TLS connections, with a certificate that is
// made for it alone, and that Cluster.TLS and CA trust. It must be closed.
func StartDemo(withTLS bool) (*Demo, error) {
	d := &Demo{}
	options := []kfake.Opt{kfake.NumBrokers(1), kfake.SleepOutOfOrder()}
	if withTLS {
		server, err := d.certify()
		if err != nil {
			return nil, fmt.Errorf("make a certificate: %w", err)
		}
		options = append(options, kfake.TLS(server))
	}
	fake, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, fmt.Errorf("start a Kafka in this process: %w", err)
	}
	d.fake, d.Brokers = fake, fake.ListenAddrs()
	return d, nil
}

// certify makes a self-signed certificate for this machine.
func (d *Demo) certify() (server *tls.Config, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "leat demonstration"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	d.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(d.CA)
	d.TLS = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
	}, nil
}

// Close ends it. What it holds is gone.
func (d *Demo) Close() { d.fake.Close() }

package pipeline

import (
	"os"

	"github.com/leat-go/leat/pipeline/topic"
)

// clusterOf returns how to reach Kafka; dir is the pipeline file's directory. It reads what the file names: certificates and
// environment variables.
func clusterOf(k *kafkaText, dir string) (*topic.Cluster, error) {
	c := &topic.Cluster{Brokers: k.brokers}
	if k.tls != nil {
		files := topic.TLSFiles{CA: k.tls.ca, Cert: k.tls.cert, Key: k.tls.key}
		for _, file := range []*string{&files.CA, &files.Cert, &files.Key} {
			if *file != "" {
				*file = resolve(dir, *file)
			}
		}
		var err error
		if c.TLS, err = files.Config(); err != nil {
			return nil, k.tls.at.errorf("%v", err)
		}
	}
	if k.login == nil {
		return c, nil
	}
	c.Login = &topic.Login{Mechanism: k.login.mechanism, User: k.login.user, Password: k.login.password}
	if variable := k.login.variable; variable.value != "" {
		if c.Login.Password = os.Getenv(variable.value); c.Login.Password == "" {
			return nil, variable.errorf("the environment variable %s, which should hold the password, is not set", variable.value)
		}
	}
	return c, nil
}

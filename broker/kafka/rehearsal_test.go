package kafka_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

// What a run needs is told before it, one right after the other, of topics that are copied to a topic, to another storage,
// and from one; and nothing is made.
func TestRehearsalTellsMissingRights(t *testing.T) {
	t.Parallel()
	transactional := acl(kmsg.ACLResourceTypeTransactionalId, "copy-", kmsg.ACLOperationWrite)
	transactional.Pattern = kmsg.ACLResourcePatternTypePrefixed
	rights := map[string]kfake.ACL{
		"right READ on it: group":    acl(kmsg.ACLResourceTypeGroup, "copy", kmsg.ACLOperationRead),
		"right READ on it: topic in": acl(kmsg.ACLResourceTypeTopic, "in", kmsg.ACLOperationRead),
		"right WRITE on it: topic":   acl(kmsg.ACLResourceTypeTopic, "out", kmsg.ACLOperationWrite),
		"WRITE on the transactional": transactional,
		"right CREATE on it":         acl(kmsg.ACLResourceTypeTopic, "new", kmsg.ACLOperationCreate),
		"right ALTER on it":          acl(kmsg.ACLResourceTypeTopic, "narrow", kmsg.ACLOperationAlter),
		"right WRITE on it: narrow":  acl(kmsg.ACLResourceTypeTopic, "narrow", kmsg.ACLOperationWrite),
		"READ on the input topics":   acl(kmsg.ACLResourceTypeTopic, "new", kmsg.ACLOperationDescribe),
		"":                           acl(kmsg.ACLResourceTypeTopic, "unused", kmsg.ACLOperationRead),
	}
	// Without these Kafka doesn't say which right is missing.
	described := []kfake.ACL{acl(kmsg.ACLResourceTypeGroup, "copy", kmsg.ACLOperationDescribe)}
	for _, topic := range []string{"in", "out"} {
		described = append(described, acl(kmsg.ACLResourceTypeTopic, topic, kmsg.ACLOperationDescribe))
	}
	in := []string{"in"}
	jobs := map[string]*broker.Job{
		"topic to topic":      job("", in, []string{"out", "new", "narrow"}),
		"topic to elsewhere":  job("", in, nil),
		"elsewhere to topics": job("", nil, []string{"out", "new", "narrow"}),
	}
	concerns := func(job *broker.Job, right kfake.ACL) bool {
		switch {
		case right.Resource != kmsg.ACLResourceTypeTopic:
			return true
		case right.Name == "in":
			return job.Inputs != nil
		}
		return job.Outputs != nil && right.Name != "unused"
	}
	for missing := range rights {
		acls := slices.Clone(described)
		for name, right := range rights {
			if name != missing {
				acls = append(acls, right)
			}
		}
		c := newFake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", "root"),
			kfake.User("SCRAM-SHA-512", "user", "secret", acls...), kfake.SeedTopics(2, "in", "out"), kfake.SeedTopics(1, "narrow"))
		for name, j := range jobs {
			j.Looking, j.Partitions = true, 2
			b := kafka.New(c.addresses, kafka.Group("copy"), kafka.GrowOutputs(), kafka.ScramSHA512("user", "secret"))
			_, refused, err := b.Rehearse(t.Context(), j, nil)
			want, _, _ := strings.Cut(missing, ":")
			if !concerns(j, rights[missing]) {
				want = ""
			}
			if (want == "") != (err == nil) || !strings.Contains(fmt.Sprint(err), want) || refused >= 0 {
				t.Errorf("%s without %q: the error is %v, wanted one with %q", name, missing, err, want)
			}
		}
	}
}

// A rehearsal makes no topic, adds no partition and joins no group; and says what topics have that a run can't do with.
func TestRehearsalChangesNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	in, out, narrow := c.prefix+"in", c.prefix+"out", c.prefix+"narrow"
	c.create(in, 2)
	c.create(narrow, 1)
	rehearse := func(options ...kafka.Option) error {
		j := job("", []string{in}, []string{out, narrow})
		j.Looking = true
		_, _, err := kafka.New(c.addresses, append(options, kafka.Group(c.prefix+"copy"))...).Rehearse(t.Context(), j, nil)
		return err
	}
	must(t, rehearse(kafka.GrowOutputs()))
	for want, err := range map[string]error{
		"need as many partitions as the inputs, 2": rehearse(),
		"missing output topics":                    rehearse(kafka.GrowOutputs(), kafka.CreateTopics(false)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, wanted one with %q", err, want)
		}
	}
	admin := kadm.NewClient(c.client)
	topics, err := admin.ListTopics(t.Context(), out, narrow)
	must(t, err)
	groups, err := admin.ListGroups(t.Context())
	must(t, err)
	if _, isThere := groups[c.prefix+"copy"]; isThere || topics.Has(out) || len(topics[narrow].Partitions) != 1 {
		t.Errorf("a rehearsal has left topics %v and groups %v", topics, groups)
	}
}

// Results that are larger than a topic takes are told, with the first one, and that a topic is compacted.
func TestRehearsalOfResults(t *testing.T) {
	t.Parallel()
	c := newFake(t)
	limit, compact := "2000", "compact"
	_, err := kadm.NewClient(c.client).CreateTopic(t.Context(), 1, 1,
		map[string]*string{"max.message.bytes": &limit, "cleanup.policy": &compact}, "out")
	must(t, err)
	c.create("in", 1)
	j := job("", []string{"in"}, []string{"out"})
	j.Looking = true
	results := []broker.Result{{Key: []byte("a"), Value: []byte("{}")}, {Key: []byte("b"), Value: make([]byte, 3000)}}
	advice, refused, err := kafka.New(c.addresses, kafka.Group("copy")).Rehearse(t.Context(), j, results)
	if refused != 1 || err == nil || !strings.Contains(err.Error(), "max.message.bytes") {
		t.Errorf("refused is %d, and the error %v", refused, err)
	}
	if len(advice) != 1 || !strings.Contains(advice[0], "is compacted") {
		t.Errorf("the advice is %q", advice)
	}
}

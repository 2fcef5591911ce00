package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/leat-go/leat/broker"
)

const loginAdvice = "check the way to log in: the SASL mechanism, and the user and password or the token"

// finalAdvice says what a user can do about an error after which trying again is wrong; "" for all other errors.
func finalAdvice(err error) string {
	for _, final := range []struct {
		is     error
		advice string
	}{
		{kerr.TopicAuthorizationFailed, "the client needs READ on the input topics and WRITE on the output topics"},
		{kerr.GroupAuthorizationFailed, "the client needs READ on the consumer group"},
		{kerr.TransactionalIDAuthorizationFailed, "the client needs WRITE on the transactional id, " +
			"whose name begins with the group's and a hyphen"},
		{kerr.ClusterAuthorizationFailed, "this client lacks a right on the cluster, such as IDEMPOTENT_WRITE or CREATE"},
		{kerr.SaslAuthenticationFailed, loginAdvice},
		{kerr.UnsupportedSaslMechanism, "Kafka doesn't support this way to log in: choose another SASL mechanism"},
		{kerr.RecordListTooLarge, "raise the topic's segment.bytes"},
		{kerr.InvalidRecord, "the topic takes no such record: a compacted one, whose cleanup.policy is compact, takes " +
			"results with a key only; and a cluster may check records by rules of its own"},
		{kerr.InvalidTimestamp, "a result has the time of its master's record, which is farther from now than the topic's " +
			"message.timestamp.before.max.ms and message.timestamp.after.max.ms allow"},
		{kerr.UnsupportedCompressionType, "choose another compression with kafka.Compression"},
		{kerr.InvalidCommitOffsetSize, "raise offset.metadata.max.bytes of Kafka"},
		{kerr.OffsetMetadataTooLarge, "raise offset.metadata.max.bytes of Kafka"},
		{kerr.InvalidTopicException, "the topic's name isn't one that Kafka allows"},
		{kerr.GroupMaxSizeReached, "the group has as many members as group.max.size of Kafka allows"},
		{kerr.InconsistentGroupProtocol, "the group has members of another kind: choose another group, " +
			"kafka.Group in Go and \"group\" in a pipeline file"},
		{kerr.InvalidTransactionTimeout, "raise transaction.max.timeout.ms of Kafka"},
		{kerr.InvalidSessionTimeout, fmt.Sprintf("group.min.session.timeout.ms and group.max.session.timeout.ms of Kafka "+
			"must allow %v", sessionTimeout)},
		{kerr.UnsupportedVersion, "this version of Kafka is too old: Leat needs 2.5 or later"},
		{kerr.UnsupportedForMessageFormat, "this version of Kafka is too old: Leat needs 2.5 or later"},
		{kerr.PolicyViolation, "a policy of the cluster forbids it"},
	} {
		if errors.Is(err, final.is) {
			return final.advice
		}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "trust the authority that signed the broker's certificate, and use an address that the certificate is for"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the broker speaks no TLS at this address: leave TLS out, or name the port that has it"
	}
	return ""
}

// errFinal marks an error of our own after which trying again is wrong.
var errFinal = errors.New("final")

// A finalError is one that ends the run.
type finalError struct {
	err    error
	advice string
}

func (e *finalError) Error() string { return fmt.Sprintf("%v: %s", e.err, e.advice) }

func (e *finalError) Unwrap() error { return e.err }

func (e *finalError) Is(target error) bool { return target == errFinal }

// final returns err, with advice, where trying again is wrong, and nil otherwise.
func final(err error) error {
	if errors.Is(err, errFinal) {
		return err
	}
	if advice := finalAdvice(err); advice != "" {
		return &finalError{err, advice}
	}
	return nil
}

// retriableByRejoining are errors of a transaction that the library doesn't retry, but that may be gone with a new
// member: the old one has lost its membership or its producer id, or Kafka was busy with something else.
var retriableByRejoining = []*kerr.Error{
	kerr.UnknownServerError, kerr.BrokerNotAvailable, kerr.StaleControllerEpoch, kerr.ReassignmentInProgress,
	kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.MemberIDRequired, kerr.FencedInstanceID,
	kerr.UnreleasedInstanceID, kerr.FencedMemberEpoch, kerr.StaleMemberEpoch, kerr.GroupIDNotFound,
	kerr.InvalidProducerEpoch, kerr.ProducerFenced, kerr.InvalidProducerIDMapping, kerr.UnknownProducerID,
	kerr.OutOfOrderSequenceNumber, kerr.DuplicateSequenceNumber, kerr.InvalidTxnState, kerr.TransactionAbortable,
	kerr.TransactionCoordinatorFenced, kerr.ConcurrentTransactions, kerr.OperationNotAttempted,
	kerr.MessageTooLarge, // with smaller batches, see shrink
}

// unretriable is final for the error of a transaction. Errors that no new member could mend are final, too: trying
// again would never end.
func unretriable(err error) error {
	if final(err) != nil {
		return final(err)
	}
	answer, ok := errors.AsType[*kerr.Error](err)
	if !ok || answer.Retriable || slices.Contains(retriableByRejoining, answer) {
		return nil
	}
	return &finalError{err, "Kafka refuses this transaction, and trying again would change nothing"}
}

// isFenced tells whether a producer has lost its transactional id: to another process of the same name, or to Kafka,
// which aborts a transaction that takes longer than transactionTimeout.
func isFenced(err error) bool {
	return errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.ProducerFenced) ||
		errors.Is(err, kerr.InvalidProducerIDMapping)
}

// aborted returns err as the error of a transaction that has left nothing behind.
func aborted(err error) error { return fmt.Errorf("kafka: %w: %w", broker.ErrAborted, err) }

package kafkaserver

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The work of a server is taken over when the last coordinator of the others has loaded, after it was fenced. What
// was before the moment, of another server, or in the log of the one that is gone, doesn't count.
func TestTakenOver(t *testing.T) {
	const (
		fenced = " [quorum-controller-3-event-handler] INFO org.apache.kafka.controller.ReplicationControlManager - " +
			"[QuorumController id=3] Fencing broker 1 at epoch 8 because its session has timed out.\n"
		otherFenced = " [quorum-controller-3-event-handler] INFO org.apache.kafka.controller.ReplicationControlManager - " +
			"[QuorumController id=3] Fencing broker 12 at epoch 8 because its session has timed out.\n"
		group = " [group-coordinator-event-processor-2] INFO " +
			"org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime - " +
			"[GroupCoordinator id=2] Finished loading of metadata from __consumer_offsets-0 with epoch 3 in 8ms\n"
		transactions = " [transaction-log-manager-0] INFO kafka.coordinator.transaction.TransactionStateManager - " +
			"[Transaction State Manager 2]: Finished loading 1 transaction metadata from __transaction_state-1 in 30 " +
			"milliseconds\n"
	)
	since := time.Date(2026, 11, 28, 15, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return since.Add(time.Duration(seconds * float64(time.Second))) }
	line := func(seconds float64, text string) string { return at(seconds).Format(logTime) + text }
	for _, c := range []struct {
		name             string
		gone, two, three string
		fenced, loaded   time.Time
	}{
		{"not yet", line(9, fenced), line(-20, group), line(-9, fenced) + line(9, otherFenced), time.Time{}, time.Time{}},
		{"no coordinator", line(10, group), line(8, group), line(9, fenced), at(9), at(9)},
		{"both", line(20, group), line(9.2, group) + line(9.4, transactions), line(9, fenced), at(9), at(9.4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			cluster := &Cluster{}
			for i, log := range []string{c.gone, c.two, c.three} {
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "server.log"), []byte("Kafka starts\n"+log), 0o600); err != nil {
					t.Fatal(err)
				}
				cluster.Servers = append(cluster.Servers, &Server{id: i + 1, dir: dir})
			}
			got, err := cluster.TakenOver(cluster.Servers[0], since)
			if err != nil || !got.Fenced.Equal(c.fenced) || !got.Loaded.Equal(c.loaded) {
				t.Errorf("got %v, %v; want %v, %v", got, err, c.fenced, c.loaded)
			}
		})
	}
}

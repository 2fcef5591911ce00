package kafka

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A member that a run closes at its end while it joins, after a rebalance say, doesn't join again: nobody is warned.
func TestAClosedMemberIsNoWarning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("join: %w", kgo.ErrClientClosed), ""},
		{errors.New("connection refused"), "joining again"},
	} {
		a, log := newTestAssignment(1), &strings.Builder{}
		a.admin.logger = slog.New(slog.NewTextHandler(log, nil))
		groupErrors{newMember(&membership{admin: a.admin, assignment: a})}.OnGroupManageError(test.err)
		if got := log.String(); (got != "") != (test.want != "") || !strings.Contains(got, test.want) {
			t.Errorf("%v: logged %q", test.err, got)
		}
	}
}

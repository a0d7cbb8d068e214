package faults

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// TestConnections_OtherNode: an administrator at one node closes a connection of the other one, and a user's limit
// counts the connections of both.
func TestConnections_OtherNode(t *testing.T) {
	c := startCluster(t, nil, "--connections-per-user", "2")
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, []byte(recordedPassword+"\n"))
	for _, role := range []string{"OPERATOR", "ADMIN"} {
		c.command(t, "user", "add", recordedUsers[role], "--tenant", tenant, "--name", role, "--role", role,
			"--password-file", password)
	}
	here, there := c.nodes[0], c.nodes[1]
	token, admin := c.logIn(t, here, "OPERATOR"), c.logIn(t, here, "ADMIN")
	stays, _ := c.connectOnce(t, here, token, "")
	closed, session := c.connectOnce(t, there, token, "")

	third, err := sioclient.Dial(t.Context(), here.base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = third.Cut() })
	var refusal *sioclient.ConnectError
	err = third.Connect(t.Context(), "/ws/dashboard", map[string]string{"token": token})
	if !errors.As(err, &refusal) || refusal.Message != "USER_CONNECTION_LIMIT" ||
		!strings.Contains(string(refusal.Data), `"limit":2`) {
		t.Fatalf("a third connection: %v", err)
	}

	var opened struct{ ConnectionID string }
	if err := json.Unmarshal(session.Args[0], &opened); err != nil {
		t.Fatal(err)
	}
	c.request(t, here, admin, "DELETE", "/admin/connections/"+opened.ConnectionID, nil, 204)
	if e := nextEvent(t, closed); e.Name != "goodbye" || !strings.Contains(string(e.Args[0]), "CLOSED_BY_ADMIN") {
		t.Errorf("%s %s", e.Name, e.Args)
	}
	// The other node frees the seat when it has closed the connection.
	testtime.Eventually(t, testtime.Limit, "the seat of the closed connection is free", func() bool {
		err := third.Connect(t.Context(), "/ws/dashboard", map[string]string{"token": token})
		if err != nil && !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		return err == nil
	})
	if _, err := stays.EmitAck(t.Context(), "clock"); err != nil || stays.Queued() > 0 {
		t.Errorf("the other connection of the user received %d events, %v", stays.Queued(), err)
	}
}

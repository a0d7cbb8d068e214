package faults

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// TestTestAlert_OtherNode: a test alert that is sent at one node reaches the user's connection on the
// other one, by the shared log, and no other user's.
func TestTestAlert_OtherNode(t *testing.T) {
	c := startCluster(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	connect := func(token string) *sioclient.Client {
		t.Helper()
		client, err := sioclient.Dial(ctx, c.nodes[1].base)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		if err := client.Connect(ctx, "/ws/dashboard", map[string]string{"token": token}); err != nil {
			t.Fatal(err)
		}
		if e, err := client.Next(ctx); err != nil || e.Name != "session" {
			t.Fatalf("%s %v", e.Name, err)
		}
		return client
	}
	token := c.token(t, "OPERATOR")
	own, other := connect(token), connect(c.token(t, "STORE_MANAGER"))

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.nodes[0].base+"/api/v1/self-check/alert",
		http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var sent, received struct{ ID, At string }
	if err := json.NewDecoder(answer.Body).Decode(&sent); err != nil || answer.StatusCode != http.StatusAccepted ||
		sent.ID == "" {
		t.Fatalf("%d %+v %v", answer.StatusCode, sent, err)
	}
	e, err := own.Next(ctx)
	if err != nil || e.Name != "test_alert" || e.Offset() != "" {
		t.Fatalf("%s %v", e.Name, err)
	}
	if err := json.Unmarshal(e.Args[0], &received); err != nil || received != sent {
		t.Errorf("received %s, sent %+v, %v", e.Args, sent, err)
	}
	// Both connections have the same deliverer, so another event would be here by now.
	if _, err := other.EmitAck(ctx, "clock"); err != nil || other.Queued() > 0 {
		t.Errorf("another user received %d events, %v", other.Queued(), err)
	}
}

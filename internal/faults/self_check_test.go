package faults

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"harang.dev/harang/internal/sioclient"
)

// TestTestAlert_OtherNode: a test alert asked of one node reaches the person's
// connection on the other one, by the log that they share, and nobody else's.
func TestTestAlert_OtherNode(t *testing.T) {
	c := startCluster(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
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
	var asked, said struct{ ID, At string }
	if err := json.NewDecoder(answer.Body).Decode(&asked); err != nil || answer.StatusCode != http.StatusAccepted ||
		asked.ID == "" {
		t.Fatalf("%d %+v %v", answer.StatusCode, asked, err)
	}
	e, err := own.Next(ctx)
	if err != nil || e.Name != "test_alert" || e.Offset() != "" {
		t.Fatalf("%s %v", e.Name, err)
	}
	if err := json.Unmarshal(e.Args[0], &said); err != nil || said != asked {
		t.Errorf("heard %s, asked %+v, %v", e.Args, asked, err)
	}
	// Both connections hear the same deliverer, so what were to come is there.
	if _, err := other.EmitAck(ctx, "clock"); err != nil || other.Queued() > 0 {
		t.Errorf("somebody else heard %d events, %v", other.Queued(), err)
	}
}

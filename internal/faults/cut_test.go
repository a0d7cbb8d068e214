package faults

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestCuts_TwoNodes: twenty clients under up to 40 events a second are cut at random, 1,000 times in
// all (200 in a short run): reset, left half open, closed cleanly. They reconnect to either node. No
// event is lost, repeated or out of order, and each return is recovered.
func TestCuts_TwoNodes(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	var clients []*testClient
	for i := range 20 {
		clients = append(clients, open(t, fmt.Sprint("client ", i), token, c.nodes[i%2].base, c.nodes[(i+1)%2].base))
	}
	stop := p.stream(t, 0, 25*time.Millisecond)
	ticker := time.NewTicker(15 * time.Millisecond)
	defer ticker.Stop()
	cuts := 0
	for cuts < count(100, 1000) {
		<-ticker.C
		client := clients[rand.IntN(len(clients))]
		client.mu.Lock()
		connected := client.conn != nil
		client.mu.Unlock()
		if connected {
			client.leave(cutKind(rand.IntN(3)))
			cuts++
		}
	}
	stop()
	c.finish(t, p, clients)
	recovered, refused := 0, 0
	for _, client := range clients {
		h := client.history()
		recovered += h.recovered
		refused += len(h.refused)
	}
	t.Logf("%d cuts, %d recovered, %d refused", cuts, recovered, refused)
	// A client may be cut again before its connection was counted.
	if recovered < cuts*9/10 || refused > 0 {
		t.Errorf("%d cuts, %d recovered, %d refused", cuts, recovered, refused)
	}
}

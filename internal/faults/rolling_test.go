package faults

import (
	"testing"
	"time"
)

// TestRolling_Restart: both nodes are stopped and started again, one after the other, while events
// flow. Every client moves to the other node and is recovered.
func TestRolling_Restart(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	var clients []*testClient
	for i := range 6 {
		clients = append(clients, open(t, string(rune('a'+i)), token, c.nodes[i%2].base, c.nodes[(i+1)%2].base))
	}
	stop := p.stream(t, 0, 50*time.Millisecond)
	for range count(3, 50) {
		for _, n := range c.nodes {
			n.Stop(t)
			n.Start(t)
		}
	}
	stop()
	c.finish(t, p, clients)
	for _, client := range clients {
		h := client.history()
		if len(h.goodbyes) == 0 {
			t.Errorf("%s got no goodbye", client.name)
		}
		for _, code := range h.goodbyes {
			if code != "SERVER_DRAINING" {
				t.Errorf("%s got goodbye %s", client.name, code)
			}
		}
	}
}

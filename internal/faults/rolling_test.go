package faults

import (
	"testing"
	"time"
)

// TestRolling_Restart: both nodes are asked to end and started again, one after
// the other, while events flow. Everybody goes to the other node and is
// recovered; nobody is left behind.
func TestRolling_Restart(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	var people []*person
	for i := range 6 {
		people = append(people, open(t, string(rune('a'+i)), token, c.nodes[i%2].base, c.nodes[(i+1)%2].base))
	}
	stop := p.stream(t, 0, 50*time.Millisecond)
	for range count(3, 50) {
		for _, n := range c.nodes {
			n.Stop(t)
			n.Start(t)
		}
	}
	stop()
	c.finish(t, p, people)
	for _, who := range people {
		if len(who.goodbyes) == 0 {
			t.Errorf("%s was never told goodbye", who.name)
		}
		for _, code := range who.goodbyes {
			if code != "SERVER_DRAINING" {
				t.Errorf("%s was told %s", who.name, code)
			}
		}
	}
}

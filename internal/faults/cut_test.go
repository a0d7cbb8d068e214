package faults

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestCuts_TwoNodes: twenty people under up to 40 events a second are cut at random,
// 1,000 times in all (200 in a short run): reset, left half open, closed
// cleanly. They come back to either node. Nobody misses anything, hears
// anything twice or out of order, and everybody is recovered each time.
func TestCuts_TwoNodes(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	var people []*person
	for i := range 20 {
		people = append(people, open(t, fmt.Sprint("person ", i), token, c.nodes[i%2].base, c.nodes[(i+1)%2].base))
	}
	stop := p.stream(t, 0, 25*time.Millisecond)
	ticker := time.NewTicker(15 * time.Millisecond)
	defer ticker.Stop()
	cuts := 0
	for cuts < count(200, 1000) {
		<-ticker.C
		who := people[rand.IntN(len(people))]
		who.mu.Lock()
		connected := who.conn != nil
		who.mu.Unlock()
		if connected {
			who.leave(cutKind(rand.IntN(3)))
			cuts++
		}
	}
	stop()
	c.finish(t, p, people)
	recovered, refused := 0, 0
	for _, who := range people {
		recovered += who.recovered
		refused += len(who.refused)
	}
	t.Logf("%d cuts, %d recovered, %d refused", cuts, recovered, refused)
	// A person may be cut again before it was noticed that it is connected.
	if recovered < cuts*9/10 || refused > 0 {
		t.Errorf("%d cuts, %d recovered, %d refused", cuts, recovered, refused)
	}
}

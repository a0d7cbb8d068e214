package gateway_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"harang.dev/harang"
)

// TestRecovery_ExpiredRounds: the clock goes on while somebody is away, some of
// what came is too old, some is not. 50 rounds; 100 with HARANG_SOAK=1.
func TestRecovery_ExpiredRounds(t *testing.T) {
	rounds := 50
	if os.Getenv("HARANG_SOAK") != "" {
		rounds = 100
	}
	h := open(t)
	for range rounds {
		token := h.token("budapest", harang.RoleOperator)
		p := h.connect(handshake{Token: token})
		h.must(p.Cut())
		old, young := 1+rand.IntN(25), rand.IntN(25)
		h.commit("budapest", harang.StockAlertType, old)
		h.advance(harang.FeedWindowAge + time.Second)
		if young > 0 {
			h.commit("budapest", harang.StockAlertType, young)
		}
		back := h.connect(p.back(h.token("budapest", harang.RoleOperator)))
		wantGap(t, back, p.PID, "expired", old, young)
		h.must(back.Cut())
	}
}

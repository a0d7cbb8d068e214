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
	env := open(t)
	for range rounds {
		token := env.token("budapest", harang.RoleOperator)
		p := env.connect(handshake{Token: token})
		env.must(p.Cut())
		old, young := 1+rand.IntN(25), rand.IntN(25)
		env.commit("budapest", harang.StockAlertType, old)
		env.advance(harang.FeedWindowAge + time.Second)
		if young > 0 {
			env.commit("budapest", harang.StockAlertType, young)
		}
		back := env.connect(p.reconnectWith(env.token("budapest", harang.RoleOperator)))
		wantGap(t, back, p.PID, "expired", old, young)
		env.must(back.Cut())
	}
}

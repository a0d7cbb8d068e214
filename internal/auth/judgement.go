package auth

import (
	"sync"
	"time"

	"harang.dev/harang"
)

// believedFor is how long the last judgement of a user holds while the database
// is away.
const believedFor = time.Minute

// judgements remembers how users were judged last, for when the database is
// away. It is bounded: the oldest generation is forgotten.
type judgements struct {
	// mu guards the two generations.
	mu         sync.Mutex
	young, old map[judgedKey]judgement
}

// judgedKey is who was judged: a user in one login.
type judgedKey struct{ tenant, user, login string }

// judgement is how; who was refused, with what, is not believed until judged
// otherwise, and a login that has ended never is.
type judgement struct {
	identity harang.Identity
	at       time.Time
	refused  error
	ended    bool // a judgement under way meanwhile changes nothing
}

// generation is how many judgements one generation holds.
const generation = 16 << 10

func newJudgements() *judgements {
	return &judgements{young: map[judgedKey]judgement{}, old: map[judgedKey]judgement{}}
}

func judgedAs(c *Claims) judgedKey { return judgedKey{c.Tenant, c.Subject, c.login()} }

func (j *judgements) put(k judgedKey, made judgement) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if last, _ := j.lastLocked(k); last.ended {
		made = last
	}
	if len(j.young) >= generation {
		j.old, j.young = j.young, make(map[judgedKey]judgement, generation)
	}
	j.young[k] = made
}

func (j *judgements) lastLocked(k judgedKey) (last judgement, known bool) {
	if last, known = j.young[k]; !known {
		last, known = j.old[k]
	}
	return last, known
}

func (j *judgements) keep(c *Claims, id harang.Identity, now time.Time) {
	j.put(judgedAs(c), judgement{identity: id, at: now})
}

func (j *judgements) refuse(c *Claims, with error) { j.put(judgedAs(c), judgement{refused: with}) }

// end makes sure that a login that was ended here is not believed.
func (j *judgements) end(tenant, user, login string) {
	j.put(judgedKey{tenant, user, login}, judgement{refused: errNoToken, ended: true})
}

// believe returns whom a verified token names as far as is known without the
// database: the last judgement if it is young, else what the token says. Who
// was refused is refused again.
func (j *judgements) believe(c *Claims, now time.Time) (harang.Identity, error) {
	j.mu.Lock()
	last, known := j.lastLocked(judgedAs(c))
	j.mu.Unlock()
	if last.refused != nil {
		return harang.Identity{}, last.refused
	}
	id := last.identity
	if !known || now.Sub(last.at) > believedFor {
		id.Tenant, id.UserID, id.Role, id.SessionID = c.Tenant, c.Subject, c.Role, c.login()
	}
	id.Expires, id.Unverified = c.ExpiresAt.Time, true
	return id, nil
}

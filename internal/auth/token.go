package auth

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"harang.dev/harang"
)

// Issuer is the iss of every token.
const Issuer = "harang"

// maxTokenBytes is above every token that we sign.
const maxTokenBytes = 4 << 10

// Claims are what an access token says.
type Claims struct {
	Tenant    string      `json:"tenant"`
	Role      harang.Role `json:"role"`
	SessionID string      `json:"sid,omitempty"`
	jwt.RegisteredClaims
}

// login is what a logout ends: the session, or the token itself where it has
// none.
func (c *Claims) login() string { return cmp.Or(c.SessionID, c.ID) }

// tokens signs and verifies access tokens.
type tokens struct {
	key    *Key
	clock  func() time.Time
	parser *jwt.Parser

	// mu guards the two generations of verified tokens, by SHA-256. An Ed25519
	// check costs 80 µs, a look here one.
	mu         sync.Mutex
	young, old map[[32]byte]*Claims
}

// verifiedTokens is the size of one generation of the cache.
const verifiedTokens = 16 << 10

func newTokens(key *Key, clock func() time.Time) *tokens {
	return &tokens{
		key: key, clock: clock,
		young: map[[32]byte]*Claims{}, old: map[[32]byte]*Claims{},
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
			jwt.WithIssuer(Issuer), jwt.WithExpirationRequired(), jwt.WithTimeFunc(clock),
			jwt.WithStrictDecoding(),
		),
	}
}

// sign returns the compact form of c.
func (t *tokens) sign(c *Claims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	token.Header["kid"] = t.key.ID
	return token.SignedString(t.key.private)
}

var (
	errNoToken      = harang.Errorf(harang.CodeUnauthenticated, "a valid access token is needed")
	errTokenExpired = harang.Errorf(harang.CodeTokenExpired, "the access token has expired")
)

// verify returns what a token says. Codes: UNAUTHENTICATED for anything that we
// did not sign, TOKEN_EXPIRED for what we signed and is over.
func (t *tokens) verify(token string) (*Claims, error) {
	if token == "" || len(token) > maxTokenBytes {
		return nil, errNoToken
	}
	sum := sha256.Sum256([]byte(token))
	if c := t.remembered(sum); c != nil {
		if !t.clock().Before(c.ExpiresAt.Time) {
			return nil, errTokenExpired
		}
		return c, nil
	}
	c := new(Claims)
	_, err := t.parser.ParseWithClaims(token, c, func(parsed *jwt.Token) (any, error) {
		if parsed.Header["kid"] != t.key.ID {
			return nil, errors.New("another key")
		}
		return t.key.public, nil
	})
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, errTokenExpired
	case err != nil:
		return nil, harang.Wrap(harang.CodeUnauthenticated, err, errNoToken.Message)
	case c.Subject == "" || !harang.ValidTenantID(c.Tenant) || !c.Role.Valid():
		return nil, errNoToken
	}
	t.remember(sum, c)
	return c, nil
}

func (t *tokens) remembered(sum [32]byte) *Claims {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.young[sum]; c != nil {
		return c
	}
	return t.old[sum]
}

func (t *tokens) remember(sum [32]byte, c *Claims) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.young) >= verifiedTokens {
		t.old, t.young = t.young, make(map[[32]byte]*Claims, verifiedTokens)
	}
	t.young[sum] = c
}

package auth

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"harang.dev/harang"
)

const (
	// Issuer is the iss of every token, Audience its aud.
	Issuer   = "harang"
	Audience = "harang"
	// tokenType is the typ of every token (RFC 9068).
	tokenType = "at+jwt"
	// earlierType is the typ of tokens that version 0.1.0 issued, without aud. Its longest ones live for a day.
	earlierType = "JWT"

	// MaxTokenLife is the longest life of an access token. A longer one is refused even with a valid signature.
	MaxTokenLife = 24 * time.Hour
	// clockSkew is how far the clocks of two nodes may differ.
	clockSkew = time.Minute
	// maxTokenBytes is more than the longest token that sign makes.
	maxTokenBytes = 4 << 10
)

// Claims are the claims of an access token.
type Claims struct {
	Tenant    string      `json:"tenant"`
	Role      harang.Role `json:"role"`
	SessionID string      `json:"sid,omitempty"`
	jwt.RegisteredClaims
}

// login is what a logout ends: the session, or the token itself when it has none.
func (c *Claims) login() string { return cmp.Or(c.SessionID, c.ID) }

// tokens signs and verifies access tokens.
type tokens struct {
	key    *Key
	clock  func() time.Time
	parser *jwt.Parser

	// verified are the claims of verified tokens by the token's SHA-256: an Ed25519 check costs 80 µs, a look-up one.
	verified *lru[[32]byte, *Claims]
}

// maxVerified bounds the tokens that are remembered.
const maxVerified = 32 << 10

func newTokens(key *Key, clock func() time.Time) *tokens {
	return &tokens{
		key: key, clock: clock,
		verified: newLRU[[32]byte, *Claims](maxVerified),
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
	token.Header["typ"] = tokenType
	return token.SignedString(t.key.private)
}

var (
	errNoToken      = harang.Errorf(harang.CodeUnauthenticated, "a valid access token is needed")
	errTokenExpired = harang.Errorf(harang.CodeTokenExpired, "the access token has expired")
	errTokenEarly   = harang.Errorf(harang.CodeTokenExpired,
		"the access token is from the future: the server's clock was set back; refresh it")
)

// verify returns the claims of a token. Codes: UNAUTHENTICATED for anything that this key did not sign as an access
// token, TOKEN_EXPIRED when another one is needed.
func (t *tokens) verify(token string) (*Claims, error) {
	if token == "" || len(token) > maxTokenBytes {
		return nil, errNoToken
	}
	sum := sha256.Sum256([]byte(token))
	if c, ok := t.verified.get(sum); ok {
		if err := t.checkTime(c); err != nil {
			return nil, err
		}
		return c, nil
	}
	c := new(Claims)
	parsed, err := t.parser.ParseWithClaims(token, c, func(parsed *jwt.Token) (any, error) {
		if parsed.Header["kid"] != t.key.ID {
			return nil, errors.New("signed with another key")
		}
		return t.key.public, nil
	})
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, errTokenExpired
	case err != nil:
		return nil, harang.Wrap(harang.CodeUnauthenticated, err, errNoToken.Message)
	case !validForm(parsed, c):
		return nil, errNoToken
	}
	if err := t.checkTime(c); err != nil {
		return nil, err
	}
	t.verified.put(sum, c)
	return c, nil
}

// validForm reports whether a signed token is an access token of this installation.
func validForm(token *jwt.Token, c *Claims) bool {
	switch token.Header["typ"] {
	case tokenType:
		if !slices.Equal(c.Audience, jwt.ClaimStrings{Audience}) {
			return false
		}
	case earlierType:
		if len(c.Audience) > 0 {
			return false
		}
	default:
		return false
	}
	_, critical := token.Header["crit"] // names extensions that must be understood; there are none
	return !critical && c.IssuedAt != nil && c.ExpiresAt.Sub(c.IssuedAt.Time) <= MaxTokenLife &&
		c.Subject != "" && harang.ValidTenantID(c.Tenant) && validRole(c)
}

// validRole reports whether the role is one of people, or a display's in a token of a display.
func validRole(c *Claims) bool {
	_, display := harang.DisplayID(c.Subject)
	return display == (c.Role == harang.RoleDisplay) && (display || c.Role.Valid())
}

// checkTime checks the token against the clock. A token from the future was issued before the clock was set back:
// refreshing it helps.
func (t *tokens) checkTime(c *Claims) error {
	now := t.clock()
	switch {
	case !now.Before(c.ExpiresAt.Time):
		return errTokenExpired
	case c.IssuedAt.After(now.Add(clockSkew)):
		return errTokenEarly
	}
	return nil
}

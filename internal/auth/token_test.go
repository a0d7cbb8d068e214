package auth

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"harang.dev/harang"
)

// TestTokens_Form: only what this version signs, and for their last day what version 0.1.0 signed, is an access token.
func TestTokens_Form(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tokens := newTokens(key, func() time.Time { return now })
	type claims = jwt.MapClaims
	for name, c := range map[string]struct {
		header map[string]any
		change claims
		want   harang.Code
	}{
		"as signed here":         {nil, nil, ""},
		"of version 0.1.0":       {map[string]any{"typ": "JWT"}, claims{"aud": nil}, ""},
		"a day of version 0.1.0": {map[string]any{"typ": "JWT"}, claims{"aud": nil, "exp": 24 * time.Hour}, ""},
		"longest life":           {nil, claims{"exp": 24 * time.Hour}, ""},
		"clocks differ":          {nil, claims{"iat": time.Minute}, ""},

		"two audiences":          {nil, claims{"aud": []string{"harang", "other"}}, harang.CodeUnauthenticated},
		"another audience":       {nil, claims{"aud": "other"}, harang.CodeUnauthenticated},
		"no audience":            {nil, claims{"aud": nil}, harang.CodeUnauthenticated},
		"audience of no text":    {nil, claims{"aud": 7}, harang.CodeUnauthenticated},
		"earlier type, audience": {map[string]any{"typ": "JWT"}, nil, harang.CodeUnauthenticated},
		"another type":           {map[string]any{"typ": "id_token"}, nil, harang.CodeUnauthenticated},
		"no type":                {map[string]any{"typ": nil}, nil, harang.CodeUnauthenticated},
		"critical extension": {map[string]any{"crit": []string{"b64"}, "b64": false}, nil,
			harang.CodeUnauthenticated},
		"no critical extension":  {map[string]any{"crit": []string{}}, nil, harang.CodeUnauthenticated},
		"another issuer":         {nil, claims{"iss": "other"}, harang.CodeUnauthenticated},
		"another key":            {map[string]any{"kid": "other"}, nil, harang.CodeUnauthenticated},
		"life of a day and more": {nil, claims{"exp": 24*time.Hour + time.Second}, harang.CodeUnauthenticated},
		"long life of 0.1.0": {map[string]any{"typ": "JWT"}, claims{"aud": nil, "exp": 48 * time.Hour},
			harang.CodeUnauthenticated},
		"no iat":                {nil, claims{"iat": nil}, harang.CodeUnauthenticated},
		"no exp":                {nil, claims{"exp": nil}, harang.CodeUnauthenticated},
		"not before the future": {nil, claims{"nbf": time.Hour}, harang.CodeUnauthenticated},
		"no subject":            {nil, claims{"sub": ""}, harang.CodeUnauthenticated},
		"no tenant":             {nil, claims{"tenant": ""}, harang.CodeUnauthenticated},
		"role of no user":       {nil, claims{"role": "SERVICE"}, harang.CodeUnauthenticated},
		"issued in the future":  {nil, claims{"iat": time.Minute + time.Second}, harang.CodeTokenExpired},
		"expired":               {nil, claims{"iat": -time.Hour, "exp": time.Duration(0)}, harang.CodeTokenExpired},
		"of version 0.1.0, a day": {map[string]any{"typ": "JWT"},
			claims{"aud": nil, "iat": -24 * time.Hour, "exp": time.Duration(0)}, harang.CodeTokenExpired},
	} {
		all := claims{
			"iss": "harang", "aud": "harang", "sub": "cli:ADMIN", "tenant": "budapest", "role": "ADMIN", "jti": "id",
			"iat": time.Duration(0), "exp": time.Hour,
		}
		for claim, value := range c.change {
			all[claim] = value
		}
		for claim, value := range all {
			switch v := value.(type) {
			case nil:
				delete(all, claim)
			case time.Duration:
				all[claim] = now.Add(v).Unix()
			}
		}
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, all)
		token.Header["kid"], token.Header["typ"] = key.ID, "at+jwt"
		for name, value := range c.header {
			token.Header[name] = value
			if value == nil {
				delete(token.Header, name)
			}
		}
		text, err := token.SignedString(key.private)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time from the cache
			if got, err := tokens.verify(text); harang.ErrorCode(err) != c.want || (err == nil) != (got != nil) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
	}
}

// TestTokens_ClockSetBack: a token that was verified before the clock was set back must be refreshed, and is good again
// later.
func TestTokens_ClockSetBack(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tokens := newTokens(key, func() time.Time { return now })
	s := &Service{newID: func() string { return "id" }, tokens: tokens}
	text, err := tokens.sign(s.claims("budapest", "u", harang.RoleAdmin, "s", now, 10*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		by   time.Duration
		want harang.Code
	}{{0, ""}, {-time.Hour, harang.CodeTokenExpired}, {time.Hour, ""}, {time.Hour, harang.CodeTokenExpired}} {
		now = now.Add(step.by)
		if _, err := tokens.verify(text); harang.ErrorCode(err) != step.want {
			t.Errorf("at %v: %v, want %q", now, err, step.want)
		}
	}
}

package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"harang.dev/harang"
)

// FuzzToken: only a token signed with the key is verified.
func FuzzToken(f *testing.F) {
	key, err := NewKey()
	if err != nil {
		f.Fatal(err)
	}
	tokens := newTokens(key, time.Now)
	good, err := tokens.sign(&Claims{Tenant: "budapest", Role: harang.RoleAdmin})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", ".", "..", good, good + "=", strings.Repeat("a.", 100),
		"eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if c, err := tokens.verify(token); err == nil {
			t.Fatalf("%q is verified: %+v", token, c)
		} else if code := harang.ErrorCode(err); code != harang.CodeUnauthenticated && code != harang.CodeTokenExpired {
			t.Fatalf("code %q", code)
		}
	})
}

func FuzzCookie(f *testing.F) {
	key, err := NewKey()
	if err != nil {
		f.Fatal(err)
	}
	cheap := argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	s, err := New(nil, key, Options{NewID: func() string { return "x" }, HashParams: cheap})
	if err != nil {
		f.Fatal(err)
	}
	good := s.cookie(harang.Session{Tenant: "budapest", ID: "s", Generation: 3})
	for _, seed := range []string{"", "...", good, good[:len(good)-1], strings.ToUpper(good), "a.b.-1.AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		if tenant, id, generation, ok := s.readCookie(cookie); ok &&
			(cookie != good || tenant != "budapest" || id != "s" || generation != 3) {
			t.Fatalf("%q is accepted", cookie)
		}
	})
}

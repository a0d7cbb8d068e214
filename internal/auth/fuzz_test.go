package auth

import (
	"slices"
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

// FuzzEmail: the canonical form is canonical, and is looked up first for itself.
func FuzzEmail(f *testing.F) {
	for _, seed := range []string{
		"a@b.hu", "Bolt@MŰHELY.example", "bolt@xn--mhely-mgb.example", "a\u0301@b", "@", "a@b@c", "\xff@x", "İ@İ.hu",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, email string) {
		canonical := CanonicalEmail(email)
		if again := CanonicalEmail(canonical); again != canonical {
			t.Errorf("%q: %q, then %q", email, canonical, again)
		}
		if !slices.Contains(storedForms(email), canonical) || storedForms(canonical)[0] != canonical {
			t.Errorf("%q: %q is not among %q", email, canonical, storedForms(email))
		}
	})
}

// FuzzBrowser: only a cookie that was made with the key is that of a known browser.
func FuzzBrowser(f *testing.F) {
	key, err := NewKey()
	if err != nil {
		f.Fatal(err)
	}
	s := &Service{key: key}
	good := s.browserCookie(browser{}.with(s.accountMark("a@b.hu")))
	for _, seed := range []string{"", ".", good, good + ".", "x" + good, strings.Repeat(".", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		if b := s.readBrowser(cookie); b.id != "" && cookie != good {
			t.Errorf("%q is accepted: %+v", cookie, b)
		}
	})
}

package auth

import (
	"testing"

	"github.com/alexedwards/argon2id"
)

func cheapHasher(t *testing.T) *hasher {
	t.Helper()
	h, err := newHasher(argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHasher_Matches(t *testing.T) {
	h := cheapHasher(t)
	by := stranger("n", "h")
	hash, err := h.hash(t.Context(), by, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horse ": false, "": false} {
		if got, outdated, err := h.matches(t.Context(), by, password, hash); err != nil || got != want || outdated {
			t.Errorf("%q: %v, %v, %v", password, got, outdated, err)
		}
	}
	// An unknown user has no right password, the decoy's own included.
	const decoy = "no password has this form \x00"
	if got, _, err := h.matches(t.Context(), by, decoy, ""); err != nil || got {
		t.Fatalf("unknown user: %v, %v", got, err)
	}
	if _, _, err := h.matches(t.Context(), by, "x", "damaged"); err == nil {
		t.Fatal("a damaged hash was read")
	}
}

func TestHasher_Normalization(t *testing.T) {
	h := cheapHasher(t)
	by := stranger("n", "h")
	const composed, decomposed = "árvíztűrő fúró", "a\u0301rvi\u0301ztu\u030bro\u030b fu\u0301ro\u0301"
	for _, written := range []string{composed, decomposed} {
		hash, err := h.hash(t.Context(), by, written)
		if err != nil {
			t.Fatal(err)
		}
		for _, typed := range []string{composed, decomposed} {
			if match, outdated, err := h.matches(t.Context(), by, typed, hash); err != nil || !match || outdated {
				t.Errorf("%q for %q: %t, %t, %v", typed, written, match, outdated, err)
			}
		}
	}
	// Version 0.1.0 hashed what was written.
	raw, err := argon2id.CreateHash(decomposed, &h.params)
	if err != nil {
		t.Fatal(err)
	}
	if match, outdated, err := h.matches(t.Context(), by, decomposed, raw); err != nil || !match || !outdated {
		t.Errorf("%t, %t, %v", match, outdated, err)
	}
	if match, outdated, err := h.matches(t.Context(), by, decomposed+"x", raw); err != nil || match || outdated {
		t.Errorf("%t, %t, %v", match, outdated, err)
	}
}

// The default costs must stay high enough to keep guessing slow.
func TestHasher_DefaultCosts(t *testing.T) {
	p := DefaultHashParams
	if p.Memory < 19<<10 || uint64(p.Memory)*uint64(p.Iterations) < 64<<10 || p.SaltLength < 16 || p.KeyLength < 32 {
		t.Fatalf("too cheap: %+v", p)
	}
}

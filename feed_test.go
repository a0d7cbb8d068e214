package harang_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"harang.dev/harang"
)

// TestAudience_RoundTrip: every audience has a letter of its own that is read
// back as it, alone and in a position.
func TestAudience_RoundTrip(t *testing.T) {
	letters := make(map[string]harang.Audience)
	for _, a := range harang.Audiences() {
		letter := a.Letter()
		if other, taken := letters[letter]; taken || len(letter) != 1 {
			t.Errorf("%s has the letter %q, as has %q", a, letter, other)
		}
		letters[letter] = a
		if got, ok := harang.ParseAudience(letter); !ok || got != a {
			t.Errorf("%q is read as %q, want %s", letter, got, a)
		}
		p := harang.Position{Epoch: "0198f3a07c0000000001", Audience: a, Number: 7}
		if got, ok := harang.ParsePosition(p.String()); !ok || got != p {
			t.Errorf("%s is read as %v", p, got)
		}
	}
	if a, ok := harang.ParseAudience("x"); ok {
		t.Errorf("an unknown letter is read as %q", a)
	}
}

// TestPosition_RoundTrip: what String writes, ParsePosition reads back.
func TestPosition_RoundTrip(t *testing.T) {
	all := harang.Audiences()
	rapid.Check(t, func(t *rapid.T) {
		p := harang.Position{
			Epoch: harang.NewEpoch(time.UnixMilli(rapid.Int64Range(0, 1<<47).Draw(t, "ms")),
				rapid.Uint32().Draw(t, "random"), ""),
			Audience: rapid.SampledFrom(all[:]).Draw(t, "audience"),
			Number:   rapid.Int64Min(0).Draw(t, "number"),
		}
		got, ok := harang.ParsePosition(p.String())
		if !ok || got != p {
			t.Fatalf("%q reads as %v, %v", p, got, ok)
		}
	})
}

// TestPosition_Canonical: whatever is accepted is written back identically, so
// a position has one spelling only.
func TestPosition_Canonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9a-f]{19,21}:[omcx]:[0-9+-]{1,20}`)).Draw(t, "s")
		if p, ok := harang.ParsePosition(s); ok && p.String() != s {
			t.Fatalf("%q was read as %q", s, p)
		}
	})
}

func FuzzParsePosition(f *testing.F) {
	f.Add("0198f3a07c0000000001:m:12")
	f.Add("0198f3a07c0000000001:o:9223372036854775807")
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := harang.ParsePosition(s); ok && p.String() != s {
			t.Fatalf("%q was read as %q", s, p)
		}
	})
}

func TestPosition_Refused(t *testing.T) {
	epoch := "0198f3a07c0000000001"
	for _, s := range []string{
		"", ":", "::", epoch, epoch + ":m", epoch + ":m:", epoch + ":x:1", epoch + ":m:-1", epoch + ":m:+1",
		epoch + ":m:01", epoch + ":m:1 ", epoch + ":m:1:2", epoch + ":m:9223372036854775808",
		strings.ToUpper(epoch[:10]) + epoch[10:] + "A:m:1",
		epoch[1:] + ":m:1", epoch + "0:m:1", strings.Repeat("9", 1<<20), epoch + ":m:1\x00",
	} {
		if p, ok := harang.ParsePosition(s); ok {
			t.Errorf("%.60q is read as %v", s, p)
		}
	}
}

// TestEpoch_Later: a new epoch sorts after the one it replaces, even when the
// clock went back.
func TestEpoch_Later(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := harang.NewEpoch(time.UnixMilli(rapid.Int64Range(0, 1<<46).Draw(t, "before")),
			rapid.Uint32().Draw(t, "r1"), "")
		after := harang.NewEpoch(time.UnixMilli(rapid.Int64Range(0, 1<<46).Draw(t, "after")),
			rapid.Uint32().Draw(t, "r2"), before)
		if after <= before {
			t.Fatalf("%s does not sort after %s", after, before)
		}
	})
}

func TestFeedID_String(t *testing.T) {
	if got := (harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}).
		String(); got != "tenant:budapest:managers" {
		t.Error(got)
	}
	if got := harang.RoomAll("budapest"); got != "tenant:budapest:all" {
		t.Error(got)
	}
	if harang.Audience("x").Letter() != "" {
		t.Error("an unknown audience has a letter")
	}
}

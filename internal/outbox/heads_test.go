package outbox_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

const (
	epochA harang.Epoch = "0198f3a07c0000000001"
	epochB harang.Epoch = "0198f3a07c0100000002"
)

// TestHeads_EveryAudience: every audience has a number of its own, which goes
// through JSON.
func TestHeads_EveryAudience(t *testing.T) {
	h := outbox.Heads{Tenant: "budapest", Epoch: epochA}
	for i, a := range harang.Audiences() {
		h.Advance(a, int64(i)+1)
		h.Advance(a, 10)
	}
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var read outbox.Heads
	if err := json.Unmarshal(text, &read); err != nil || read != h {
		t.Errorf("%s is read as %+v, %v", text, read, err)
	}
	for i, a := range harang.Audiences() {
		if want := (harang.Position{Epoch: epochA, Audience: a, Number: int64(i) + 11}); h.Position(a) != want {
			t.Errorf("head of %s is %s, want %s", a, h.Position(a), want)
		}
	}
	if h.Number("nobody") != 0 {
		t.Error("an unknown audience has a number")
	}
}

// TestHeads_JSONOfOtherVersions: version 0.1.0 wrote the names in capitals; a
// later one may write members that are unknown here.
func TestHeads_JSONOfOtherVersions(t *testing.T) {
	want := outbox.Heads{Tenant: "a", Epoch: epochA, Numbers: outbox.NumbersOf(map[harang.Audience]int64{
		harang.AudienceOperators: 1, harang.AudienceManagers: 2, harang.AudienceControl: 3,
	})}
	for _, text := range []string{
		`{"Tenant":"a","Epoch":"0198f3a07c0000000001","Operators":1,"Managers":2,"Control":3}`,
		`{"tenant":"a","epoch":"0198f3a07c0000000001","operators":1,"managers":2,"control":3,"a_later_audience":4}`,
	} {
		var read outbox.Heads
		if err := json.Unmarshal([]byte(text), &read); err != nil || read != want {
			t.Errorf("%s is read as %+v, %v", text, read, err)
		}
	}
	for _, text := range []string{`[]`, `{"tenant":1}`, `{"managers":"2"}`} {
		var read outbox.Heads
		if err := json.Unmarshal([]byte(text), &read); err == nil {
			t.Errorf("%s is read as %+v", text, read)
		}
	}
}

func TestHeads_Merge(t *testing.T) {
	at := func(epoch harang.Epoch, operators, managers int64) outbox.Heads {
		return outbox.Heads{Tenant: "a", Epoch: epoch, Numbers: outbox.NumbersOf(map[harang.Audience]int64{
			harang.AudienceOperators: operators, harang.AudienceManagers: managers,
		})}
	}
	for name, tc := range map[string]struct{ one, other, want outbox.Heads }{
		"OneEpoch":     {at(epochA, 1, 5), at(epochA, 3, 4), at(epochA, 3, 5)},
		"LaterEpoch":   {at(epochA, 9, 9), at(epochB, 1, 2), at(epochB, 1, 2)},
		"NoEpoch":      {at("", 7, 0), at(epochA, 3, 4), at(epochA, 7, 4)},
		"NeitherKnown": {at("", 1, 0), at("", 0, 2), at("", 1, 2)},
		"NoTenant":     {outbox.Heads{}, at(epochA, 1, 2), at(epochA, 1, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.one.Merge(tc.other); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if got := tc.other.Merge(tc.one); got != tc.want {
				t.Errorf("the other way round: %+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestHeads_MergeLosesNothing: in whatever order heads of one numbering are
// merged, the result is the furthest of them.
func TestHeads_MergeLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) outbox.Heads {
			h := outbox.Heads{Tenant: "a", Epoch: rapid.SampledFrom([]harang.Epoch{epochA, epochB}).Draw(t, "epoch")}
			for _, a := range harang.Audiences() {
				h.Advance(a, rapid.Int64Range(0, 9).Draw(t, "number"))
			}
			return h
		}), 1, 6).Draw(t, "heads")
		var forwards, backwards outbox.Heads
		for i := range all {
			forwards, backwards = forwards.Merge(all[i]), backwards.Merge(all[len(all)-1-i])
		}
		if forwards != backwards {
			t.Fatalf("%+v and, the other way round, %+v", forwards, backwards)
		}
		for _, h := range all {
			if h.Merge(forwards) != forwards {
				t.Fatalf("%+v is further than %+v", h, forwards)
			}
		}
	})
}

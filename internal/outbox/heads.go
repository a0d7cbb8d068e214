package outbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"harang.dev/harang"
)

// audiences gives each audience its index in Numbers.
var audiences = harang.Audiences()

// Numbers are one number per audience, in the order of harang.Audiences.
type Numbers [harang.AudienceCount]int64

// NumbersOf returns the numbers of these audiences, 0 for the others.
func NumbersOf(numbers map[harang.Audience]int64) (n Numbers) {
	for a, number := range numbers {
		n.Advance(a, number)
	}
	return n
}

// Number returns the number of an audience, 0 for an unknown one.
func (n Numbers) Number(a harang.Audience) int64 {
	if i := slices.Index(audiences[:], a); i >= 0 {
		return n[i]
	}
	return 0
}

// Advance adds by to the number of an audience. An unknown audience panics: its
// numbers would be lost without a trace.
func (n *Numbers) Advance(a harang.Audience, by int64) {
	i := slices.Index(audiences[:], a)
	if i < 0 {
		panic(fmt.Sprintf("outbox: there is no audience %q", a))
	}
	n[i] += by
}

// Heads are the last numbers of a tenant's feeds, read in one row. A number of
// 0 means that the feed is empty.
type Heads struct {
	Tenant string
	Epoch  harang.Epoch
	Numbers
}

// Position returns the head of one feed.
func (h Heads) Position(a harang.Audience) harang.Position {
	return harang.Position{Epoch: h.Epoch, Audience: a, Number: h.Number(a)}
}

// Merge returns the further of two heads of one tenant: those of the later
// epoch, and within one epoch the higher number of each feed. Heads without an
// epoch, of which only numbers are known, count as of the other's epoch.
func (h Heads) Merge(other Heads) Heads {
	if h.Epoch != "" && other.Epoch != "" {
		switch {
		case h.Epoch > other.Epoch:
			return h
		case h.Epoch < other.Epoch:
			return other
		}
	}
	h.Tenant, h.Epoch = cmp.Or(h.Tenant, other.Tenant), cmp.Or(h.Epoch, other.Epoch)
	for i, n := range other.Numbers {
		h.Numbers[i] = max(h.Numbers[i], n)
	}
	return h
}

// MarshalJSON writes {"tenant":…,"epoch":…} and each audience's number under
// the audience's name.
func (h Heads) MarshalJSON() ([]byte, error) {
	tenant, err := json.Marshal(h.Tenant)
	if err != nil {
		return nil, err
	}
	epoch, err := json.Marshal(h.Epoch)
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, 160)
	text = append(append(text, `{"tenant":`...), tenant...)
	text = append(append(text, `,"epoch":`...), epoch...)
	for i, a := range audiences {
		text = append(append(append(text, `,"`...), a...), `":`...)
		text = strconv.AppendInt(text, h.Numbers[i], 10)
	}
	return append(text, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes, whatever the case of the names.
// An audience without a number has 0; unknown members are ignored.
func (h *Heads) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	*h = Heads{}
	for name, value := range members {
		var into any
		switch name = strings.ToLower(name); name {
		case "tenant":
			into = &h.Tenant
		case "epoch":
			into = &h.Epoch
		default:
			i := slices.Index(audiences[:], harang.Audience(name))
			if i < 0 {
				continue
			}
			into = &h.Numbers[i]
		}
		if err := json.Unmarshal(value, into); err != nil {
			return fmt.Errorf("outbox: member %q of heads: %w", name, err)
		}
	}
	return nil
}

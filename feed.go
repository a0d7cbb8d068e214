package harang

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Audience is the group of readers of a feed. A feed is (tenant, audience); its
// events are numbered 1, 2, 3 … without holes.
type Audience string

// The audiences. Each person reads one of operators and managers; control is
// read by nodes only and carries what ends or changes connections (logout,
// disabled user, changed role, read marks, claims).
const (
	AudienceOperators Audience = "operators"
	AudienceManagers  Audience = "managers"
	AudienceControl   Audience = "control"
)

// audiences is the table of all audiences, in the order in which a tenant's
// feeds are relayed: control first, because it ends connections. An audience
// is added here, and by a migration that gives the tables heads and events a
// column of its name.
var audiences = [...]struct {
	audience Audience
	letter   string // in positions and in the keys of the shared log
}{
	{AudienceControl, "c"},
	{AudienceOperators, "o"},
	{AudienceManagers, "m"},
}

// AudienceCount is the number of audiences.
const AudienceCount = len(audiences)

// Audiences returns all audiences, in the order in which their feeds are
// relayed.
func Audiences() (all [AudienceCount]Audience) {
	for i, row := range audiences {
		all[i] = row.audience
	}
	return all
}

// Letter is the audience in a position: "o", "m" or "c"; "" for an unknown one.
func (a Audience) Letter() string {
	for _, row := range audiences {
		if row.audience == a {
			return row.letter
		}
	}
	return ""
}

// ParseAudience returns the audience of a letter; false for an unknown one.
func ParseAudience(letter string) (Audience, bool) {
	for _, row := range audiences {
		if row.letter == letter {
			return row.audience, true
		}
	}
	return "", false
}

// FeedID names one feed.
type FeedID struct {
	Tenant   string
	Audience Audience
}

// String is the feed's name in logs: "tenant:budapest:managers". Clients know the feeds of operators and managers as
// rooms of this name.
func (f FeedID) String() string { return "tenant:" + f.Tenant + ":" + string(f.Audience) }

// RoomAll is the room name for the events of a tenant that every role may see.
func RoomAll(tenant string) string { return "tenant:" + tenant + ":all" }

// The limits of a feed's window.
const (
	// FeedWindowEntries is how many entries a feed replays at most.
	FeedWindowEntries = 50
	// FeedWindowAge is how old a replayed entry may be.
	FeedWindowAge = 5 * time.Minute
)

// Epoch identifies one numbering of a tenant's feeds. A new one begins when numbers may have been given to other
// events, e.g. after a restored backup; positions of earlier epochs are not valid then. It is 20 lower-case hex digits
// (milliseconds since 1970 in 12, random in 8), so that a later epoch sorts after an earlier one.
type Epoch string

var epochForm = regexp.MustCompile(`^[0-9a-f]{20}$`)

// NewEpoch returns an epoch for now that sorts after the given one ("" for none).
func NewEpoch(now time.Time, random uint32, after Epoch) Epoch {
	ms := now.UnixMilli()
	if len(after) == 20 {
		if old, err := strconv.ParseInt(string(after[:12]), 16, 64); err == nil && ms <= old {
			ms = old + 1
		}
	}
	return Epoch(fmt.Sprintf("%012x%08x", ms, random))
}

// Position is a point in a feed: after the entry with this number. Its epoch
// identifies database and tenant, so with the audience it identifies the feed: a
// position of one feed is never valid in another.
type Position struct {
	Epoch    Epoch
	Audience Audience
	Number   int64
}

// String is "<epoch>:<o|m|c>:<number>".
func (p Position) String() string {
	return string(p.Epoch) + ":" + p.Audience.Letter() + ":" + strconv.FormatInt(p.Number, 10)
}

// ParsePosition reads a position string. It accepts exactly what String
// writes: anything else, of any length, is not a position.
func ParsePosition(s string) (Position, bool) {
	if len(s) > 20+1+1+1+19 {
		return Position{}, false
	}
	epoch, rest, ok := strings.Cut(s, ":")
	if !ok || !epochForm.MatchString(epoch) {
		return Position{}, false
	}
	letter, digits, ok := strings.Cut(rest, ":")
	if !ok {
		return Position{}, false
	}
	audience, ok := ParseAudience(letter)
	if !ok {
		return Position{}, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != digits {
		return Position{}, false
	}
	return Position{Epoch: Epoch(epoch), Audience: audience, Number: n}, true
}

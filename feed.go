package harang

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Audience is who a feed is for. A feed is (tenant, audience); its events are
// numbered 1, 2, 3 … without holes.
type Audience string

// The audiences. Operators and managers are heard by people, one of the two
// each; control is read by nodes only and carries what ends or changes
// connections (logout, disabled user, changed role, read marks, claims).
const (
	AudienceOperators Audience = "operators"
	AudienceManagers  Audience = "managers"
	AudienceControl   Audience = "control"
)

// Letter is the audience in a position: "o", "m" or "c"; "" for an unknown one.
func (a Audience) Letter() string {
	switch a {
	case AudienceOperators:
		return "o"
	case AudienceManagers:
		return "m"
	case AudienceControl:
		return "c"
	}
	return ""
}

func audienceOf(letter string) (Audience, bool) {
	switch letter {
	case "o":
		return AudienceOperators, true
	case "m":
		return AudienceManagers, true
	case "c":
		return AudienceControl, true
	}
	return "", false
}

// FeedID names one feed.
type FeedID struct {
	Tenant   string
	Audience Audience
}

// String is the feed's name in logs and the room of the story for people's
// audiences: "tenant:budapest:managers".
func (f FeedID) String() string { return "tenant:" + f.Tenant + ":" + string(f.Audience) }

// RoomAll is the room of a tenant that carries what every role may see.
func RoomAll(tenant string) string { return "tenant:" + tenant + ":all" }

// The limits of a feed's window (the story's queue).
const (
	// FeedWindowEntries is how many entries a feed replays at most.
	FeedWindowEntries = 50
	// FeedWindowAge is how old a replayed entry may be.
	FeedWindowAge = 5 * time.Minute
)

// Epoch names one life of a tenant's numbering. It is 20 lower-case hex digits
// (milliseconds since 1970 in 12, random in 8), so that a later epoch sorts
// after an earlier one. A position of another epoch means nothing here.
type Epoch string

var epochForm = regexp.MustCompile(`^[0-9a-f]{20}$`)

// NewEpoch mints an epoch at now that sorts after the given one ("" for none).
func NewEpoch(now time.Time, random uint32, after Epoch) Epoch {
	ms := now.UnixMilli()
	if len(after) == 20 {
		if old, err := strconv.ParseInt(string(after[:12]), 16, 64); err == nil && ms <= old {
			ms = old + 1
		}
	}
	return Epoch(fmt.Sprintf("%012x%08x", ms, random))
}

// Position is a place in a feed: after the entry with this number. It names
// the epoch and thereby database and tenant, and the audience, so that it can
// never be taken for a place in another feed.
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
	audience, ok := audienceOf(letter)
	if !ok {
		return Position{}, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != digits {
		return Position{}, false
	}
	return Position{Epoch: Epoch(epoch), Audience: audience, Number: n}, true
}

// Heads are the last numbers of a tenant's feeds, read in one row. A number of
// 0 means that the feed is still empty.
type Heads struct {
	Tenant    string
	Epoch     Epoch
	Operators int64
	Managers  int64
	Control   int64
}

// Head is the last number of one feed.
func (h Heads) Head(a Audience) int64 {
	switch a {
	case AudienceOperators:
		return h.Operators
	case AudienceManagers:
		return h.Managers
	case AudienceControl:
		return h.Control
	}
	return 0
}

// Commit is what one transaction gave the feeds of a tenant.
type Commit struct {
	// Heads are the tenant's after it.
	Heads Heads
	// Entries are the new ones of each feed, ascending, without a hole, up to
	// its head. A feed that got none is absent; a Commit of which only the
	// heads are known has none at all.
	Entries map[Audience][]Entry
}

// Entry is one event as it stands in one feed: what relays move and windows
// hold. It is immutable once made.
type Entry struct {
	// Number is the place in the feed, from 1.
	Number int64
	// EventID is the event's id; two entries of a feed with one number and
	// different ids are a fork.
	EventID string
	// Type is the event's registered type.
	Type string
	// Time is the commit time, to the millisecond, UTC.
	Time time.Time
	// Body is the event's JSON as clients get it ({eventId, timestamp, type,
	// data}); in a control feed likewise, its data one of the control payloads.
	Body []byte
}

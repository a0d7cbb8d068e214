package harang

import (
	"strings"
	"time"
)

// Display is a screen on a shop's wall that nobody signs in to: its link opens the page /counter. Only the SHA-256 of
// the link's secret is stored.
type Display struct {
	ID     string
	Tenant string
	Name   string
	// LocationID is the one location whose alerts and rentals it shows; "" for all.
	LocationID string
	Created    time.Time
	// LastUsed is when its screen last asked for an access token; zero before the link was opened.
	LastUsed time.Time
	// Revoked is when it was revoked; zero before.
	Revoked time.Time
	// Screen is the newest opening of the link, the one whose access tokens are valid; "" before the first.
	Screen string
	// Network is the network from which the link was last opened; "" before.
	Network string
}

// DisplayPrefix begins the subject of a display's tokens; the display's id follows.
const DisplayPrefix = "display:"

// Subject is the display as the user of its tokens and connections.
func (d Display) Subject() string { return DisplayPrefix + d.ID }

// DisplayID is the id of the display that a subject names; false for any other subject.
func DisplayID(subject string) (id string, ok bool) { return strings.CutPrefix(subject, DisplayPrefix) }

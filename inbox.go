package harang

// Queued is an event that another application left in the database, in its own
// transaction, as it stands there.
type Queued struct {
	Tenant string
	// Source and ID name it where it came from.
	Source, ID string
	Type       string
	// Data is the payload's JSON, unjudged.
	Data string
}

// InboxCounts tells what became of queued events.
type InboxCounts struct {
	// Accepted became events, Duplicates had become one before, Refused stay
	// where they are with the reason beside them.
	Accepted, Duplicates, Refused int
}

// All is how many they are.
func (c InboxCounts) All() int { return c.Accepted + c.Duplicates + c.Refused }

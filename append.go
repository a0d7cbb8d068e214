package harang

// Appended is what became of an event that was given to a transaction.
type Appended struct {
	// EventID is the stored event's id: for a repeat, that of the first one.
	EventID string
	// Duplicate says that the event was known already and was not stored again.
	Duplicate bool
}

package harang

import "time"

// The names that replace those of erased persons, in the language of the data.
const (
	ErasedPartnerName = "Törölt partner"
	ErasedUserName    = "Törölt felhasználó"
)

// Erasure is the erasing of a person's data: of a partner (AuditPartner) or a user (AuditUser).
type Erasure struct {
	Tenant string
	Kind   AuditKind
	ID     string
	// At is when it was erased: from then on the person's own row has no name.
	At time.Time
	// Passes counts the passes over copies of the name in other tables.
	Passes int64
	// Due is when the next pass begins; zero after the last one.
	Due time.Time
}

// Name replaces the person's name.
func (e Erasure) Name() string {
	if e.Kind == AuditUser {
		return ErasedUserName
	}
	return ErasedPartnerName
}

// Subject is the person in the audit log.
func (e Erasure) Subject() AuditSubject { return AuditSubject{Kind: e.Kind, ID: e.ID, Name: e.Name()} }

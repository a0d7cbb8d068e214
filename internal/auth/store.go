package auth

import (
	"context"
	"time"

	"harang.dev/harang"
)

// Credentials are a user with the members that only login and administration need.
type Credentials struct {
	harang.User
	TenantName string
	// PasswordHash is an argon2id hash in its encoded form. It is never sent to callers.
	PasswordHash string
	// SessionsFrom invalidates every session made at or before it: set when the
	// password changes or the user is disabled. Zero invalidates none.
	SessionsFrom time.Time
	// SignedIn is the user's first login; zero before it. Only CreateSession and UpdateUser read it.
	SignedIn time.Time
	// SignedInElsewhere means that the user has a live session. Only CreateSession reads it.
	SignedInElsewhere bool
}

// Subject is the present state of the user whom a token names.
type Subject struct {
	harang.User
	TenantName string
	// SessionLive says that the requested session is neither ended nor expired;
	// true when none was requested.
	SessionLive bool
	// Confirmed is when the user last proved the password in that session; zero for the session of a token from
	// the command line.
	Confirmed time.Time
}

// CountAdmins counts the tenant's enabled administrators besides the user who is changed. Another transaction that
// counts waits until this one has ended, so two that disable each other's user see each other.
type CountAdmins = func() (int64, error)

// Trail is what a change leaves behind in its own transaction: ended sessions, events, and rows of the audit log.
type Trail struct {
	Events []harang.Event
	Audit  []harang.AuditEntry
	// EndedSessions are ids of sessions of the tenant that end.
	EndedSessions []string
	// ConfirmedSession is the id of a session of the tenant in which the password was proved; "" for none.
	ConfirmedSession string
}

// UserStore keeps users, sessions and API keys.
//
// A FindX that finds nothing returns NOT_FOUND; a database that cannot be reached is UNAVAILABLE. The decide functions
// run inside the transaction and may run again when it is retried, so they change nothing outside. The trail that they
// return is written in that transaction, as are the rows of the audit log that other methods are given.
type UserStore interface {
	FindTenant(ctx context.Context, id string) (harang.Tenant, error)

	// FindCredentials finds a user of any tenant by e-mail address, exactly as it is stored.
	FindCredentials(ctx context.Context, email string) (Credentials, error)
	// FindSubject reads the user, the name of the user's tenant and, when sessionID is not empty, whether that session
	// of the user is live at now.
	FindSubject(ctx context.Context, tenant, userID, sessionID string, now time.Time) (Subject, error)

	// FindTenantOfToken reads the tenant, and whether a token of it without a session was ended by EndToken.
	FindTenantOfToken(ctx context.Context, tenant, tokenID string) (t harang.Tenant, ended bool, err error)
	// EndToken records until expires that a token without a session is ended, and appends the event. A token that is
	// ended already changes nothing.
	EndToken(ctx context.Context, tenant, tokenID string, expires time.Time, event harang.Event,
		audit ...harang.AuditEntry) error

	// CreateSession stores the session that decide returns for a user, who is locked meanwhile, and ends surplus: the
	// sessions beyond the most-1 most recently used ones, at most 100. NOT_FOUND when the tenant has no such user.
	CreateSession(ctx context.Context, tenant, userID string, most int, decide func(
		c Credentials, surplus []harang.Session) (harang.Session, Trail, error)) error
	// UpdateSession lets decide change generation, instants and Confirmed of a session, which is locked meanwhile.
	UpdateSession(ctx context.Context, tenant, id string, decide func(*harang.Session) (Trail, error)) error
	// FindSessions returns a user's sessions that are live at now, the newest first, 2000 at most.
	FindSessions(ctx context.Context, tenant, userID string, now time.Time) ([]harang.Session, error)
	// RecordSessionUses writes when and from where sessions were last used, at most once a minute for each.
	RecordSessionUses(ctx context.Context, uses []harang.SessionUse) error

	// FindUsers lists a tenant's users after afterEmail, ordered by e-mail address.
	FindUsers(ctx context.Context, tenant, afterEmail string, limit int) ([]harang.User, error)
	// CreateUser returns CONFLICT when the address is taken, NOT_FOUND when the tenant does not exist.
	CreateUser(ctx context.Context, c Credentials, audit ...harang.AuditEntry) error
	// UpdateUser lets decide change name, role, disabled, language, password and SessionsFrom. live are the user's live
	// sessions, the newest first.
	UpdateUser(ctx context.Context, tenant, id string, decide func(
		c *Credentials, live []harang.Session, otherAdmins CountAdmins) (Trail, error)) error

	// EraseUser erases a user for good: name, address, password and sessions. One that was erased before stays as it
	// is, and decide is not called.
	EraseUser(ctx context.Context, tenant, id string, decide func(
		u harang.User, otherAdmins CountAdmins) (harang.Erasure, Trail, error)) (harang.Erasure, error)

	// CreateAPIKey stores a key under the SHA-256 of its text.
	CreateAPIKey(ctx context.Context, k harang.APIKey, hash [32]byte, audit ...harang.AuditEntry) error
	FindAPIKey(ctx context.Context, hash [32]byte) (harang.APIKey, error)
	// FindAPIKeys lists a tenant's keys after afterID, ordered by id.
	FindAPIKeys(ctx context.Context, tenant, afterID string, limit int) ([]harang.APIKey, error)
	// UpdateAPIKey lets decide change name, scopes, Expires, Revoked and RateLimit of a key, which is locked meanwhile.
	UpdateAPIKey(ctx context.Context, tenant, id string, decide func(*harang.APIKey) (Trail, error)) error
	// RecordKeyUses stores the last uses of keys, except where a last use within every before it is stored.
	RecordKeyUses(ctx context.Context, uses []KeyUse, every time.Duration) error

	// FindDisplay reads a display, revoked or not, and the name of its tenant.
	FindDisplay(ctx context.Context, tenant, id string) (d harang.Display, tenantName string, err error)
	// FindDisplays lists a tenant's displays that are not revoked after afterID, ordered by id.
	FindDisplays(ctx context.Context, tenant, afterID string, limit int) ([]harang.Display, error)
	// CreateDisplay stores a display under the SHA-256 of its link's secret. NOT_FOUND when the tenant does not have
	// its location.
	CreateDisplay(ctx context.Context, d harang.Display, hash [32]byte, audit ...harang.AuditEntry) error
	// FindDisplayByHash finds a display of any tenant, revoked or not, by the SHA-256 of its link's secret.
	FindDisplayByHash(ctx context.Context, hash [32]byte) (harang.Display, error)
	// UpdateDisplay locks a display and lets decide change LastUsed, Revoked, Screen and Network.
	UpdateDisplay(ctx context.Context, tenant, id string, decide func(*harang.Display) (Trail, error)) error

	// CreateAudit writes rows about something that changes nothing else.
	CreateAudit(ctx context.Context, tenant string, entries ...harang.AuditEntry) error
	// CountFailedLogins adds to the rows of these accounts, networks and hours.
	CountFailedLogins(ctx context.Context, failed []harang.FailedLogins) error
}

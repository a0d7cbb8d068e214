package harang

import "time"

// The control types: entries of a tenant's control feed. Nodes read them and
// clients don't; their number is the version that clients see.
var (
	LogoutType      = registerEvent[Logout]("control.logout", AudienceControl)
	UserChangedType = registerEvent[UserChanged]("control.user", AudienceControl)
	ReadType        = registerEvent[Read]("control.read", AudienceControl)
	ClaimType       = registerEvent[Claim]("control.claim", AudienceControl)
	TestAlertType   = registerEvent[TestAlert]("control.test_alert", AudienceControl)
)

// Logout ends every connection of one login.
type Logout struct {
	SessionID string `json:"sessionId"`
	UserID    string `json:"userId"`
}

// Check returns the fields that are wrong.
func (l Logout) Check() []FieldError {
	var c checker
	c.text("sessionId", l.SessionID, MaxIDRunes)
	c.text("userId", l.UserID, MaxIDRunes)
	return c
}

// UserChanged tells that a user was disabled, enabled or given another role.
// Role and Disabled are the state after the change.
type UserChanged struct {
	UserID   string `json:"userId"`
	Role     Role   `json:"role"`
	Disabled bool   `json:"disabled"`
}

// Check returns the fields that are wrong.
func (u UserChanged) Check() []FieldError {
	var c checker
	c.text("userId", u.UserID, MaxIDRunes)
	c.oneOf("role", string(u.Role), string(RoleOperator), string(RoleStoreManager), string(RoleAdmin))
	return c
}

// Read tells a user's own connections what is still unread after a read.
type Read struct {
	UserID      string `json:"userId"`
	UnreadCount int64  `json:"unreadCount"`
	// Head is the position string of the user's feed that the count includes.
	Head string `json:"head"`
}

// Check returns the fields that are wrong.
func (r Read) Check() []FieldError {
	var c checker
	c.text("userId", r.UserID, MaxIDRunes)
	c.between("unreadCount", r.UnreadCount, 0, MaxQuantity)
	return c
}

// Person is who did something, as others see them.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Claim tells who deals with an event ("Intézem"). By is nil when a claim was
// given back.
type Claim struct {
	EventID string    `json:"eventId"`
	By      *Person   `json:"by"`
	At      time.Time `json:"at"`
	// Audiences are the people's feeds that hold the event.
	Audiences []Audience `json:"audiences"`
}

// Check returns the fields that are wrong.
func (cl Claim) Check() []FieldError {
	var c checker
	c.text("eventId", cl.EventID, MaxIDRunes)
	return c
}

// TestAlert goes to the connections of the person who asked for it ("Próba
// riasztás") by the way that events go. It says nothing but that it arrived.
type TestAlert struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
}

// Check returns the fields that are wrong.
func (a TestAlert) Check() []FieldError {
	var c checker
	c.text("userId", a.UserID, MaxIDRunes)
	c.text("name", a.Name, MaxNameRunes)
	return c
}

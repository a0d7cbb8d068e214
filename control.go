package harang

import (
	"encoding/json"
	"fmt"
	"time"
)

// The control types: entries of a tenant's control feed. Nodes read them and
// clients don't; their number is the version that clients see.
//
// Nodes of several versions read the same control feed. A type that revokes a
// right (it ends connections or takes a role away) is registered as revoking,
// and its payload has a member "revoking": true, from which nodes of an older
// version see that they must not ignore it. The two revoking types of version
// 0.1.0 lack the member: every version knows them.
var (
	LogoutType      = registerEvent[Logout]("control.logout", AudienceControl).revoking()
	UserChangedType = registerEvent[UserChanged]("control.user", AudienceControl).revoking()
	ReadType        = registerEvent[Read]("control.read", AudienceControl)
	ClaimType       = registerEvent[Claim]("control.claim", AudienceControl)
	TestAlertType   = registerEvent[TestAlert]("control.test_alert", AudienceControl)
	NewLoginType    = registerEvent[NewLogin]("control.new_login", AudienceControl)

	CloseConnectionType = registerEvent[CloseConnection]("control.close_connection", AudienceControl)
	KeyChangedType      = registerEvent[KeyChanged]("control.key", AudienceControl)
)

// ReadControl reads a stored control entry: its type and its event's JSON. An
// entry of a newer version may have members that are unknown here, which are
// ignored, or be of an unknown type. err is not nil when this version cannot read
// the entry. revoking reports, also then, whether the entry revokes a right; an
// entry whose JSON cannot be read at all counts as revoking.
func ReadControl(eventType string, body []byte) (payload Payload, revoking bool, err error) {
	var event struct {
		Data json.RawMessage `json:"data"`
	}
	var flag struct {
		Revoking bool `json:"revoking"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, true, fmt.Errorf("harang: control entry of type %q: %w", eventType, err)
	}
	if err := json.Unmarshal(event.Data, &flag); err != nil {
		return nil, true, fmt.Errorf("harang: data of control entry of type %q: %w", eventType, err)
	}
	t, known := FindEventType(eventType)
	if !known || !t.Control() {
		return nil, flag.Revoking, Errorf(CodeInvalidRequest, "%q is not a control type of this version", eventType)
	}
	payload, err = t.ParseStored(event.Data)
	return payload, flag.Revoking || t.Revoking(), err
}

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

// UserChanged reports that a user was disabled, enabled or given another role.
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

// Read reports to a user's own connections what is unread after a read.
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

// Person is the author of an action, as others see them.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Claim reports who handles an event ("Intézem"). By is nil when the claim was
// released.
type Claim struct {
	EventID string    `json:"eventId"`
	By      *Person   `json:"by"`
	At      time.Time `json:"at"`
	// Audiences are the people's feeds that have the event.
	Audiences []Audience `json:"audiences"`
}

// Check returns the fields that are wrong.
func (cl Claim) Check() []FieldError {
	var c checker
	c.text("eventId", cl.EventID, MaxIDRunes)
	return c
}

// TestAlert goes to the connections of the person who requested it ("Próba
// riasztás"), by the same path as events.
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

// NewLogin reports a login from a new device to the user's other connections.
type NewLogin struct {
	UserID string `json:"userId"`
	// SessionID is that of the login.
	SessionID string `json:"sessionId"`
	// Device is the browser and system; "" when unknown.
	Device string `json:"device"`
}

// Check returns the fields that are wrong.
func (n NewLogin) Check() []FieldError {
	var c checker
	c.text("userId", n.UserID, MaxIDRunes)
	c.text("sessionId", n.SessionID, MaxIDRunes)
	return c
}

// CloseConnection closes one connection of the tenant, whichever node it is on. UserID is the administrator's.
type CloseConnection struct {
	ConnectionID string `json:"connectionId"`
	UserID       string `json:"userId"`
}

// Check returns the fields that are wrong.
func (c CloseConnection) Check() []FieldError {
	var wrong checker
	wrong.text("connectionId", c.ConnectionID, MaxIDRunes)
	wrong.text("userId", c.UserID, MaxIDRunes)
	return wrong
}

// KeyChanged reports that an API key was revoked or changed. It ends no connection: keys have none, and a node that
// does not know the type looks a key up again within half a second.
type KeyChanged struct {
	KeyID string `json:"keyId"`
}

// Check returns the fields that are wrong.
func (k KeyChanged) Check() []FieldError {
	var c checker
	c.text("keyId", k.KeyID, MaxIDRunes)
	return c
}

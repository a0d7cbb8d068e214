package harang

import (
	"maps"
	"slices"
)

// Role is a user's role in the shop. It decides which feed the user reads
// (Audience) and what the user may do (May).
type Role string

// The roles.
const (
	RoleOperator     Role = "OPERATOR"
	RoleStoreManager Role = "STORE_MANAGER"
	RoleAdmin        Role = "ADMIN"
	// RoleService is another application with an API key. It reads no feed.
	RoleService Role = "SERVICE"
	// RoleDisplay is a display on a wall. It reads the operators' feed and what the page /counter shows, and changes
	// nothing.
	RoleDisplay Role = "DISPLAY"
)

// Roles are the roles of people, lowest first.
func Roles() []Role { return []Role{RoleOperator, RoleStoreManager, RoleAdmin} }

// Valid reports whether r is a role that a person can have.
func (r Role) Valid() bool {
	return r == RoleOperator || r == RoleStoreManager || r == RoleAdmin
}

// Audience returns the audience of the feed that r reads; "" for a service and an
// unknown role.
func (r Role) Audience() Audience {
	switch r {
	case RoleOperator, RoleDisplay:
		return AudienceOperators
	case RoleStoreManager, RoleAdmin:
		return AudienceManagers
	}
	return ""
}

// Action is something a caller may or may not do.
type Action string

// The actions of the REST interface and the page.
const (
	ActionReadStock         Action = "stock.read"
	ActionAdjustStock       Action = "stock.adjust"
	ActionExpectStock       Action = "stock.expect" // "már megrendelve"
	ActionSetThresholds     Action = "stock.thresholds"
	ActionReadCatalogue     Action = "catalogue.read"
	ActionPutCatalogue      Action = "catalogue.put"
	ActionWritePartners     Action = "partners.write" // with an id of ours: name, contacts, note
	ActionPutStock          Action = "stock.put"
	ActionReadRentals       Action = "rentals.read"
	ActionWriteRentals      Action = "rentals.write"
	ActionPay               Action = "payments.create"
	ActionReadPayments      Action = "payments.read"
	ActionReadSummary       Action = "summary.read"
	ActionReadFigures       Action = "summary.figures" // money and payment figures
	ActionReadNotifications Action = "notifications.read"
	ActionClaim             Action = "notifications.claim"
	ActionSendEvents        Action = "events.send"
	ActionAdminister        Action = "admin"
	ActionReadOwnIdentity   Action = "me.read"
	ActionChangeOwnPassword Action = "me.password"
	ActionManageOwnAccount  Action = "me.manage" // name, language, sessions
	ActionCheckSelf         Action = "self.check"
	ActionReadHistory       Action = "audit.history" // the audit log of one stock item, product or rental
	ActionReadAudit         Action = "audit.read"    // all of it
	ActionReadCounter       Action = "counter.read"  // what a display shows
)

var (
	operatorMay = []Action{
		ActionReadStock, ActionAdjustStock, ActionExpectStock, ActionReadCatalogue,
		ActionWritePartners, ActionReadRentals, ActionWriteRentals, ActionPay, ActionReadSummary,
		ActionReadNotifications, ActionClaim, ActionReadOwnIdentity, ActionChangeOwnPassword,
		ActionManageOwnAccount, ActionCheckSelf, ActionReadCounter,
	}
	managerMay = append(append([]Action{}, operatorMay...),
		ActionSetThresholds, ActionReadPayments, ActionReadFigures, ActionReadHistory)
	adminMay = append(append([]Action{}, managerMay...),
		ActionPutCatalogue, ActionPutStock, ActionAdminister, ActionReadAudit)
	displayMay = []Action{ActionReadCounter, ActionReadOwnIdentity}
)

// scopes are the actions of API keys, each with the scope that it needs.
var scopes = map[Action]Scope{
	ActionSendEvents:   ScopeEventsWrite,
	ActionPutCatalogue: ScopeCatalogueWrite,
	ActionPutStock:     ScopeStockWrite,
	ActionAdjustStock:  ScopeStockWrite,
}

// Scope returns the scope that an API key needs for a; "" when no key may do it.
func (a Action) Scope() Scope { return scopes[a] }

// permissions is the one table of what each role may do.
var permissions = map[Role]map[Action]bool{
	RoleOperator:     set(operatorMay),
	RoleStoreManager: set(managerMay),
	RoleAdmin:        set(adminMay),
	RoleService:      set(slices.Collect(maps.Keys(scopes))),
	RoleDisplay:      set(displayMay),
}

func set(actions []Action) map[Action]bool {
	m := make(map[Action]bool, len(actions))
	for _, a := range actions {
		m[a] = true
	}
	return m
}

// May reports whether a caller with role r may do a. Unknown roles may do nothing.
func (r Role) May(a Action) bool { return permissions[r][a] }

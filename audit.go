package harang

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// AuditAction is the stable name of something that was done. Later versions add names.
type AuditAction string

// The actions of the audit log.
const (
	AuditSessionCreate AuditAction = "session.create" // a login
	// AuditSessionRefuse is failed logins to one account from one network within one hour.
	AuditSessionRefuse     AuditAction = "session.refuse"
	AuditSessionEnd        AuditAction = "session.end"
	AuditSessionConfirm    AuditAction = "session.confirm" // the password was proved again
	AuditTokenCreate       AuditAction = "token.create"    // harang token
	AuditUserCreate        AuditAction = "user.create"
	AuditUserUpdate        AuditAction = "user.update" // own name or language
	AuditUserRole          AuditAction = "user.role"
	AuditUserDisable       AuditAction = "user.disable"
	AuditUserEnable        AuditAction = "user.enable"
	AuditUserPassword      AuditAction = "user.password"
	AuditUserErase         AuditAction = "user.erase"
	AuditKeyCreate         AuditAction = "key.create"
	AuditKeyUpdate         AuditAction = "key.update"
	AuditKeyRevoke         AuditAction = "key.revoke"
	AuditConnectionClose   AuditAction = "connection.close"
	AuditDisplayCreate     AuditAction = "display.create"
	AuditDisplayRevoke     AuditAction = "display.revoke"
	AuditDisplayOpen       AuditAction = "display.open" // its link was opened in another network than before
	AuditTenantCreate      AuditAction = "tenant.create"
	AuditTenantPayments    AuditAction = "tenant.payments"
	AuditStockThresholds   AuditAction = "stock.thresholds"
	AuditStockExpect       AuditAction = "stock.expect" // "már megrendelve" silences alerts
	AuditProductCreate     AuditAction = "product.create"
	AuditProductUpdate     AuditAction = "product.update"
	AuditLocationCreate    AuditAction = "location.create"
	AuditLocationUpdate    AuditAction = "location.update"
	AuditPartnerCreate     AuditAction = "partner.create"
	AuditPartnerUpdate     AuditAction = "partner.update"
	AuditPartnerErase      AuditAction = "partner.erase"
	AuditCardPut           AuditAction = "card.put"
	AuditCardDelete        AuditAction = "card.delete"
	AuditRentalCancel      AuditAction = "rental.cancel"
	AuditRentalReturnOwing AuditAction = "rental.return_unpaid"
	AuditRentalPrice       AuditAction = "rental.price" // unused days that were credited
	AuditRentalExtend      AuditAction = "rental.extend"
	AuditImport            AuditAction = "catalogue.import"
	AuditExport            AuditAction = "list.export"
)

// AuditKind is a kind of things that actions are done to.
type AuditKind string

// The kinds of subjects.
const (
	AuditUser       AuditKind = "user"
	AuditKey        AuditKind = "key"
	AuditToken      AuditKind = "token"
	AuditConnection AuditKind = "connection"
	AuditDisplay    AuditKind = "display"
	AuditTenant     AuditKind = "tenant"
	AuditStock      AuditKind = "stock"
	AuditProduct    AuditKind = "product"
	AuditLocation   AuditKind = "location"
	AuditPartner    AuditKind = "partner"
	AuditRental     AuditKind = "rental"
	AuditList       AuditKind = "list"
)

// AuditSubject is what an action was done to, with its name at that time.
type AuditSubject struct {
	Kind AuditKind
	// ID is StockAuditID of a stock item.
	ID   string
	Name string
}

// StockAuditID is the id of a stock item in the audit log: the product's, a slash, the location's. A slash in the
// product's id is written %2F, a percent sign %25.
func StockAuditID(productID, locationID string) string {
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(productID) + "/" + locationID
}

// ParseAuditSubject reads "kind:id"; false when there is no kind or no id.
func ParseAuditSubject(text string) (AuditSubject, bool) {
	kind, id, ok := strings.Cut(text, ":")
	return AuditSubject{Kind: AuditKind(kind), ID: id}, ok && kind != "" && id != ""
}

// AuditState is the part of a thing's state that an action concerns. It never has a secret: no password, no hash, no
// key, and card tokens only as MaskToken writes them. Values are as encoding/json takes them.
type AuditState map[string]any

// AuditEntry is a row of the audit log. Rows never change, but for the names and addresses of erased persons.
type AuditEntry struct {
	// ID is "" until the row is written.
	ID string
	At time.Time
	// Actor is who did it, under the name of that time: a user, "key:<id>", "cli:<role>", or "system". Empty for
	// failed logins: nobody knows who tried.
	Actor Person
	// Role is the actor's at that time; "" for "system" and failed logins.
	Role Role
	// From is the network address of the caller; "" for the command line and background work.
	From    string
	Action  AuditAction
	Subject AuditSubject
	// Before and After are JSON objects of at most maxAuditBytes; nil for none.
	Before, After json.RawMessage
	// Count is how many failed logins the row stands for; 1 for every other action.
	Count int64
}

// The bounds of a row.
const (
	maxAuditBytes      = 4 << 10
	maxAuditValueBytes = 512
	maxAuditAddress    = 64
)

// NewAuditEntry returns the row of what a caller did now. Of two states only the members that differ are kept; ok is
// false when none does, because then nothing was done. The address is that of the context.
func NewAuditEntry(
	ctx context.Context, caller Identity, at time.Time, action AuditAction, subject AuditSubject,
	before, after AuditState,
) (e AuditEntry, ok bool) {
	if before != nil && after != nil {
		before, after = maps.Clone(before), maps.Clone(after)
		for name, value := range before {
			if reflect.DeepEqual(value, after[name]) {
				delete(before, name)
				delete(after, name)
			}
		}
		if len(before) == 0 && len(after) == 0 {
			return AuditEntry{}, false
		}
	}
	subject.Name = clip(subject.Name, MaxNameRunes)
	return AuditEntry{
		At: at, Role: caller.Role, From: clip(AddressOf(ctx), maxAuditAddress),
		Actor:  Person{ID: caller.UserID, Name: clip(caller.Name, MaxNameRunes)},
		Action: action, Subject: subject, Before: before.encode(), After: after.encode(), Count: 1,
	}, true
}

// encode returns the state as a JSON object of at most maxAuditBytes. A long value is cut; when there are too many
// members, the last ones by name are left out and "truncated" is true.
func (s AuditState) encode() json.RawMessage {
	if s == nil {
		return nil
	}
	out, truncated := []byte("{"), false
	for _, name := range slices.Sorted(maps.Keys(s)) {
		member := append(encodeValue(name), ':')
		member = append(member, encodeValue(s[name])...)
		if len(out)+len(member)+len(`,"truncated":true}`) > maxAuditBytes {
			truncated = true
			break
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, member...)
	}
	if truncated {
		out = append(out, `,"truncated":true`...)
	}
	return append(out, '}')
}

// encodeValue returns a value as JSON of at most maxAuditValueBytes; of a longer one the beginning, as a text.
func encodeValue(value any) []byte {
	text, err := marshalPlain(value)
	if err != nil {
		text = []byte(`null`)
	}
	if len(text) <= maxAuditValueBytes {
		return text
	}
	plain, isText := value.(string)
	if !isText {
		plain = string(text)
	}
	for limit := maxAuditValueBytes - len(`"…"`); ; limit /= 2 { // escaping may double it
		cut := plain[:min(limit, len(plain))]
		for !utf8.ValidString(cut) && cut != "" {
			cut = cut[:len(cut)-1]
		}
		if text, err = marshalPlain(cut + "…"); err == nil && len(text) <= maxAuditValueBytes {
			return text
		}
	}
}

// marshalPlain is json.Marshal without the escapes for HTML.
func marshalPlain(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// clip returns at most n characters of a text.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	runes := []rune(text)
	return string(runes[:min(n, len(runes))])
}

// MaskToken is a card token as the audit log shows it: its last four characters, and of a short one none.
func MaskToken(token string) string {
	runes := []rune(token)
	if len(runes) < 12 {
		return "…"
	}
	return "…" + string(runes[len(runes)-4:])
}

// AuditQuery selects a part of the audit log, newest first.
type AuditQuery struct {
	// ActorID, Action and Subject narrow the list; zero for all.
	ActorID string
	Action  AuditAction
	Subject AuditSubject // its name does not count
	// Since and Until limit the time: from Since on, before Until. Zero for no limit.
	Since, Until time.Time
	// Cursor is Page.Next of the previous page; "" for the first.
	Cursor string
	// Limit is the largest number of items to return, from 1 to MaxPageLimit.
	Limit int
}

// FailedLogins are failed logins to one account from one network within one hour.
type FailedLogins struct {
	Tenant string
	// User is the account.
	User Person
	// Network is the address prefix that they came from.
	Network string
	// Hour is its beginning in UTC, First the first of them.
	Hour, First time.Time
	Count       int64
}

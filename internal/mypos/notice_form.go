package mypos

import (
	"regexp"
	"slices"
	"strings"

	"harang.dev/harang"
)

// The methods of form notifications.
const (
	methodNotify = "IPCPurchaseNotify"
	methodCancel = "IPCPurchaseCancel"
)

// The signature of a form covers its values, not its names: names that moved would
// still verify. So a form must have one of these sequences of names, and only values
// of these fields may contain the separator of the signed text.
var (
	formStart = [][]string{
		{"IPCmethod", "SID", "Amount", "Currency", "OrderID"},
		{"IPCmethod", "Amount", "Currency", "OrderID"},
	}
	formEnd = map[string][][]string{
		methodNotify: notifyEnds(),
		methodCancel: {nil},
	}
	mayHaveSeparator = []string{"OrderID", "RequestDateTime", "CardToken"}
	dateTime         = regexp.MustCompile(`\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}`)
	// formValues are the shapes of values that a separator could have split or joined.
	formValues = map[string]func(string) bool{
		"RequestDateTime": func(v string) bool { return dateTime.FindString(v) == v },
		"CardToken":       func(v string) bool { return !dateTime.MatchString(v) },
		"ExpDate":         regexp.MustCompile(`^(\d{4})?$`).MatchString,
	}
)

func notifyEnds() [][]string {
	var all [][]string
	for _, request := range [][]string{nil, {"RequestSTAN", "RequestDateTime"}, {"RequestDateTime", "RequestSTAN"}} {
		for _, card := range [][]string{nil, {"CardToken", "PAN", "ExpDate", "CardType"}} {
			all = append(all, slices.Concat([]string{"IPC_Trnref"}, request, card))
		}
	}
	return all
}

// knownFields reports whether a form of a method has exactly the documented names, in
// the documented order, and values that cannot have moved between them.
func knownFields(f form, method string) bool {
	fits := func(names []string) bool {
		return slices.EqualFunc(f[:len(f)-1], names, func(x field, name string) bool {
			return strings.EqualFold(x.name, name) &&
				(slices.Contains(mayHaveSeparator, name) || !strings.Contains(x.value, signedSeparator)) &&
				(formValues[name] == nil || formValues[name](x.value))
		})
	}
	for _, start := range formStart {
		for _, end := range formEnd[method] {
			if fits(slices.Concat(start, end)) {
				return true
			}
		}
	}
	return false
}

// readForm verifies and reads a form notification. IPCPurchaseOK, which the
// customer's browser carries, is signed too and is no proof of payment: it is refused
// like any other method.
func (m *Merchant) readForm(body []byte) (notice, error) {
	f, err := parseForm(string(body))
	if err != nil {
		return notice{}, harang.Wrap(harang.CodeInvalidRequest, err, "the form cannot be read")
	}
	if f.verify(m.public) != nil {
		return notice{}, unauthenticated()
	}
	n := notice{verified: true, event: f.get("IPCmethod")}
	if n.event != methodNotify && n.event != methodCancel {
		return n, invalid("IPCmethod", "must be IPCPurchaseNotify or IPCPurchaseCancel")
	}
	if !knownFields(f, n.event) {
		return n, invalid("body", "must have the documented fields in the documented order")
	}
	n.Key = keyOf(kindForm, body)
	order := f.get("OrderID")
	if detail := harang.CheckText(order, harang.MaxIDRunes); detail != "" {
		return n, invalid("OrderID", detail)
	}
	n.TransactionID = order
	if sid := f.get("SID"); sid != "" && sid != m.SID {
		return n, invalid("SID", "is not this shop's")
	}
	if f.get("Currency") != harang.CurrencyHUF {
		return n, invalid("Currency", "must be HUF")
	}
	if n.Amount, err = parseAmount(f.get("Amount")); err != nil || n.Amount == 0 {
		return n, invalid("Amount", "must be a whole positive number of forints")
	}
	if n.event == methodNotify {
		n.Card = storedCard(f)
	}
	return n, nil
}

// storedCard returns the card that myPOS stored with a payment; nil when there is
// none, or one that cannot be stored here.
func storedCard(f form) *harang.Card {
	token := f.get("CardToken")
	if token == "" {
		return nil
	}
	pan := strings.TrimSpace(f.get("PAN"))
	if len(pan) > 4 {
		pan = pan[len(pan)-4:]
	}
	card := harang.Card{
		Token: token, Brand: cardBrand(f.get("CardType")), Last4: pan, Expires: cardExpiry(f.get("ExpDate")),
	}
	if card.Check() != nil {
		return nil
	}
	return &card
}

// cardBrand names the numbers of myPOS's card types; other texts are unchanged.
func cardBrand(text string) string {
	switch text {
	case "1":
		return "Mastercard"
	case "2":
		return "Maestro"
	case "3":
		return "Visa"
	case "4":
		return "Visa Electron"
	case "5":
		return "VPay"
	case "6":
		return "JCB"
	}
	return text
}

// cardExpiry turns "YYMM" into "YYYY-MM", and anything else into "".
func cardExpiry(text string) string {
	if len(text) != 4 || strings.Trim(text, "0123456789") != "" || text[2:] < "01" || text[2:] > "12" {
		return ""
	}
	return "20" + text[:2] + "-" + text[2:]
}

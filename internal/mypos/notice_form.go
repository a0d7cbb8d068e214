package mypos

import (
	"strings"

	"harang.dev/harang"
)

// maxReference bounds the provider's own name of a transaction, in bytes.
const maxReference = 128

// readForm verifies and reads an IPC notification. IPCPurchaseOK, which the
// customer's browser carries, is signed too and is never proof of payment:
// it is refused like any other method.
func (m *Merchant) readForm(body []byte) (notice, error) {
	f, err := parseForm(string(body))
	if err != nil {
		return notice{}, harang.Wrap(harang.CodeInvalidRequest, err, "the form cannot be read")
	}
	if f.verify(m.public) != nil {
		return notice{}, unauthenticated()
	}
	var n notice
	n.Key = keyOf(kindForm, body)
	n.TransactionID = f.get("OrderID")
	if detail := harang.CheckText(n.TransactionID, harang.MaxIDRunes); detail != "" {
		n.TransactionID = ""
		return n, malformed("OrderID", detail)
	}
	if sid := f.get("SID"); sid != "" && sid != m.SID {
		return n, malformed("SID", "is not this shop's")
	}
	if f.get("Currency") != harang.CurrencyHUF {
		return n, malformed("Currency", "must be HUF")
	}
	if n.Amount, err = parseAmount(f.get("Amount")); err != nil || n.Amount == 0 {
		return n, malformed("Amount", "must be a whole positive number of forints")
	}
	switch f.get("IPCmethod") {
	case "IPCPurchaseNotify":
		n.Status = harang.PaymentSucceeded
		n.Reference = f.get("IPC_Trnref")
		n.Card = storedCard(f)
	case "IPCPurchaseCancel":
		n.Status = harang.PaymentDeclined
		n.ErrorCode = codeCancelled
	default:
		return n, malformed("IPCmethod", "must be IPCPurchaseNotify or IPCPurchaseCancel")
	}
	if len(n.Reference) > maxReference {
		return n, malformed("IPC_Trnref", "is too long")
	}
	return n, nil
}

// storedCard is the card that myPOS stored with a payment; nil when it stored
// none, or one that we cannot keep.
func storedCard(f form) *harang.Card {
	token := f.get("CardToken")
	if token == "" {
		return nil
	}
	pan := strings.TrimSpace(f.get("PAN"))
	if len(pan) > 4 {
		pan = pan[len(pan)-4:]
	}
	card := harang.Card{Token: token, Brand: cardBrand(f.get("CardType")), Last4: pan, Expires: cardExpiry(f.get("ExpDate"))}
	if card.Check() != nil {
		return nil
	}
	return &card
}

// cardBrand names the numbers of myPOS's card types; other texts stay.
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

// cardExpiry turns "YYMM" into "YYYY-MM"; anything else is left out.
func cardExpiry(text string) string {
	if len(text) != 4 || strings.Trim(text, "0123456789") != "" || text[2:] < "01" || text[2:] > "12" {
		return ""
	}
	return "20" + text[:2] + "-" + text[2:]
}

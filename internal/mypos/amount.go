package mypos

import (
	"fmt"
	"strconv"
	"strings"

	"harang.dev/harang"
)

// formatAmount writes whole forints as myPOS's decimal: 18900 is "18900.00".
func formatAmount(forints int64) string { return strconv.FormatInt(forints, 10) + ".00" }

// parseAmount reads myPOS's decimal. A fraction of a forint, a sign, an
// exponent or nothing at all is an error.
func parseAmount(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if strings.Trim(fraction, "0") != "" {
		return 0, fmt.Errorf("amount %q is not a whole number of forints", text)
	}
	if whole == "" || strings.Trim(whole, "0123456789") != "" {
		return 0, fmt.Errorf("amount %q is not a number", text)
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > harang.MaxAmount {
		return 0, fmt.Errorf("amount %q is too large", text)
	}
	return n, nil
}

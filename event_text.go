package harang

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// EventText is an event in words, for people. The page has the same sentences; the cases
// of contract/event-texts.json hold both to them.
type EventText struct {
	// Severity is CRITICAL, WARNING or INFO.
	Severity string
	// Title says what happened, Detail where or how much.
	Title, Detail string
	// NextStep is what to do now; "" for nothing.
	NextStep string
}

// SeverityInfo is the severity of events that nobody has to act on, such as a new rental.
const SeverityInfo = "INFO"

// texted is a payload that has words for people.
type texted interface {
	Text(language Language) EventText
}

// Text returns the event in words. An event whose type has none, or that does not hold
// what its type promises, has the name of its type.
func (e Event) Text(language Language) EventText {
	none := EventText{Severity: SeverityInfo, Title: e.Type}
	t, known := FindEventType(e.Type)
	if !known {
		return none
	}
	payload, err := t.ParseStored(e.Data)
	if err != nil {
		return none
	}
	p, ok := payload.(texted)
	if !ok {
		return none
	}
	return p.Text(language)
}

// forints is an amount as it is written: "1 234 567 Ft" with spaces that do not break, in
// English "1,234,567 Ft".
func forints(language Language, amount int64) string {
	separator := "\u00a0"
	if language == English {
		separator = ","
	}
	digits := strconv.FormatInt(amount, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String() + "\u00a0Ft"
}

// lowerFirst begins a sentence small, because it follows other words.
func lowerFirst(sentence string) string {
	first, size := utf8.DecodeRuneInString(sentence)
	return string(unicode.ToLower(first)) + sentence[size:]
}

package harang

import (
	"cmp"
	_ "embed" // the catalogue
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// sentencesJSON is the catalogue of payment errors, by error code with its table.
// The page reads the same file.
//
//go:embed contract/payment-sentences.json
var sentencesJSON []byte

// Language is "hu" or "en".
type Language string

// The languages of the catalogue.
const (
	Hungarian Language = "hu"
	English   Language = "en"
)

// PaymentSentence explains a payment error to people and says what to do.
type PaymentSentence struct {
	// Meaning is the explanation, without a full stop.
	Meaning string `json:"meaning"`
	// NextStep is what the operator should do now, without a full stop.
	NextStep string `json:"nextStep"`
	// Retry reports whether the same card may be tried again.
	Retry bool `json:"retry"`
}

type catalogue struct {
	Steps map[string]struct {
		HU    string `json:"hu"`
		EN    string `json:"en"`
		Retry bool   `json:"retry"`
	} `json:"steps"`
	Codes map[string]struct {
		Step string `json:"step"`
		// Settled is the step after the provider has confirmed that nothing was
		// charged; "" for the same step.
		Settled string `json:"settled"`
		HU      string `json:"hu"`
		EN      string `json:"en"`
	} `json:"codes"`
}

var sentences = mustReadCatalogue(sentencesJSON)

func mustReadCatalogue(raw []byte) catalogue {
	var c catalogue
	if err := json.Unmarshal(raw, &c); err != nil {
		panic(fmt.Sprintf("harang: payment sentences: %v", err))
	}
	for code, s := range c.Codes {
		for _, step := range []string{s.Step, cmp.Or(s.Settled, s.Step)} {
			if _, ok := c.Steps[step]; !ok {
				panic("harang: payment sentence " + code + " names no step of the catalogue")
			}
		}
	}
	return c
}

// unknownStep is the next step for codes that are not in the catalogue.
const unknownStep = "another_card"

// PaymentAdvice returns the sentence for a code. For a code that is not in the
// catalogue it contains the provider's own message, or the code when that is "".
func PaymentAdvice(language Language, code, message string) PaymentSentence {
	entry, known := sentences.Codes[code]
	if !known {
		entry.Step = unknownStep
		entry.HU, entry.EN = "A fizetés nem sikerült ("+code+")", "The payment did not succeed ("+code+")"
		if m := cleanMessage(message); m != "" {
			entry.HU, entry.EN = m, m
		}
	}
	return sentenceOf(language, entry.Step, entry.HU, entry.EN)
}

// Advice is PaymentAdvice for this payment. After a timeout the card must not be
// charged again before the outcome is known; a DECLINED payment has a known one.
func (p Payment) Advice(language Language) PaymentSentence {
	entry := sentences.Codes[p.ErrorCode]
	if p.Status == PaymentDeclined && entry.Settled != "" {
		return sentenceOf(language, entry.Settled, entry.HU, entry.EN)
	}
	return PaymentAdvice(language, p.ErrorCode, p.ErrorMessage)
}

func sentenceOf(language Language, step, hu, en string) PaymentSentence {
	next := sentences.Steps[step]
	if language == English {
		return PaymentSentence{Meaning: en, NextStep: next.EN, Retry: next.Retry}
	}
	return PaymentSentence{Meaning: hu, NextStep: next.HU, Retry: next.Retry}
}

// cleanMessage makes a provider's text presentable: valid UTF-8, one line, no
// control characters, at most MaxMessageRunes.
func cleanMessage(message string) string {
	message = strings.ToValidUTF8(message, "")
	message = strings.Join(
		strings.FieldsFunc(message, func(r rune) bool { return r <= ' ' || r == 0x7f || (r >= 0x80 && r <= 0xa0) }),
		" ",
	)
	if utf8.RuneCountInString(message) > MaxMessageRunes {
		message = string([]rune(message)[:MaxMessageRunes])
	}
	return message
}

package harang

import (
	"cmp"
	_ "embed" // the catalogue
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// sentencesJSON is the catalogue of what went wrong with a payment, keyed by
// the namespaced code. The page reads the same file.
//
//go:embed contract/payment-sentences.json
var sentencesJSON []byte

// Language is the tongue of a sentence: "hu" or "en".
type Language string

// The languages of the catalogue.
const (
	Hungarian Language = "hu"
	English   Language = "en"
)

// PaymentSentence tells people what went wrong with a payment and what to do.
type PaymentSentence struct {
	// Meaning is what happened, without a full stop.
	Meaning string `json:"meaning"`
	// NextStep is what the clerk should do now, without a full stop.
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
		// Settled is the step once the provider has said that nothing was
		// charged; "" when it is the same.
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

// unknownStep is the next step of codes that the catalogue does not hold.
const unknownStep = "another_card"

// PaymentAdvice returns the sentence of a code. A code that is not in the
// catalogue shows the provider's own words, and without those the code.
func PaymentAdvice(language Language, code, words string) PaymentSentence {
	entry, known := sentences.Codes[code]
	if !known {
		entry.Step = unknownStep
		entry.HU, entry.EN = "A fizetés nem sikerült ("+code+")", "The payment did not succeed ("+code+")"
		if w := cleanWords(words); w != "" {
			entry.HU, entry.EN = w, w
		}
	}
	return sentenceOf(language, entry.Step, entry.HU, entry.EN)
}

// Advice is PaymentAdvice for what went wrong with this payment. After a
// timeout nobody may charge again before it is known what became of the money;
// once the payment is DECLINED, that is known.
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

// cleanWords makes a provider's text fit to be shown: valid UTF-8, one line,
// no control characters, not longer than a message may be.
func cleanWords(words string) string {
	words = strings.ToValidUTF8(words, "")
	words = strings.Join(strings.FieldsFunc(words, func(r rune) bool { return r <= ' ' || r == 0x7f || (r >= 0x80 && r <= 0xa0) }), " ")
	if utf8.RuneCountInString(words) > MaxMessageRunes {
		words = string([]rune(words)[:MaxMessageRunes])
	}
	return words
}

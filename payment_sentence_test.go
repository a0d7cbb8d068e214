package harang_test

import (
	"strings"
	"testing"

	"harang.dev/harang"
)

func TestPaymentAdvice(t *testing.T) {
	for _, tc := range []struct {
		code, words string
		language    harang.Language
		want        harang.PaymentSentence
	}{
		{"sandbox:insufficient_funds", "", harang.Hungarian,
			harang.PaymentSentence{Meaning: "Nincs elég fedezet a kártyán", NextStep: "Kérjen másik kártyát"}},
		{"ipc:13", "E_NOT_SUFFICIENT_FUNDS", harang.English,
			harang.PaymentSentence{Meaning: "There is not enough money on the card", NextStep: "Ask for another card"}},
		{"sandbox:timeout", "", harang.Hungarian,
			harang.PaymentSentence{Meaning: "A kártyaszolgáltató nem válaszolt időben",
				NextStep: "Előbb nézze meg a Fizetések oldalon, átment-e"}},
		{"iso:43", "", harang.Hungarian, harang.PaymentSentence{Meaning: "A kártyát ellopottként jelentették be",
			NextStep: "Ne vegye el a kártyát, kérjen másikat"}},
		{"ipc:77", " Szokatlan\r\nhiba\x00 ", harang.Hungarian, harang.PaymentSentence{Meaning: "Szokatlan hiba",
			NextStep: "Kérjen másik kártyát"}},
		{"ipc:77", "\xff\n", harang.English, harang.PaymentSentence{Meaning: "The payment did not succeed (ipc:77)",
			NextStep: "Ask for another card"}},
		{"ipc:78", "", harang.Hungarian, harang.PaymentSentence{Meaning: "A fizetés nem sikerült (ipc:78)",
			NextStep: "Kérjen másik kártyát"}},
	} {
		if got := harang.PaymentAdvice(tc.language, tc.code, tc.words); got != tc.want {
			t.Errorf("PaymentAdvice(%s, %s, %q) = %+v, want %+v", tc.language, tc.code, tc.words, got, tc.want)
		}
	}
}

// TestPayment_Advice: after a timeout the advice is to wait for the outcome, and to
// try again only when nothing was charged.
func TestPayment_Advice(t *testing.T) {
	for _, code := range []string{"sandbox:timeout", "ipc:timeout", "mpr:16"} {
		p := harang.Payment{Status: harang.PaymentPending, ErrorCode: code}
		if got := p.Advice(harang.English); got.Retry ||
			got.NextStep != "First see on the Payments page whether it went through" {
			t.Errorf("%s while unknown: %+v", code, got)
		}
		p.Status = harang.PaymentDeclined
		if got := p.Advice(harang.Hungarian); !got.Retry || got.NextStep != "Próbálja újra" {
			t.Errorf("%s once settled: %+v", code, got)
		}
	}
	p := harang.Payment{Status: harang.PaymentDeclined, ErrorCode: "x:1", ErrorMessage: "Idegen hiba"}
	if got := p.Advice(harang.Hungarian); got != harang.PaymentAdvice(harang.Hungarian, "x:1", "Idegen hiba") {
		t.Errorf("an unknown code: %+v", got)
	}
}

// known reports whether the catalogue has a sentence for code: without one, the
// sentence contains the code itself.
func known(code string) bool {
	return !strings.Contains(harang.PaymentAdvice(harang.English, code, "").Meaning, code)
}

// TestPaymentAdvice_Published: every failure code that myPOS publishes, and every
// code of the sandbox, has a sentence in both languages.
func TestPaymentAdvice_Published(t *testing.T) {
	published := "sandbox:insufficient_funds sandbox:expired_card sandbox:do_not_honour sandbox:timeout " +
		"ipc:1 ipc:2 ipc:3 ipc:4 ipc:5 ipc:6 ipc:8 ipc:9 ipc:10 ipc:11 ipc:12 ipc:13 ipc:14 ipc:15 ipc:16 ipc:17 " +
		"ipc:18 " +
		"ipc:19 ipc:20 ipc:21 ipc:22 ipc:23 ipc:24 ipc:25 ipc:99 ipc:timeout mpr:9 mpr:10 mpr:14 mpr:16 " +
		"iso:01 iso:02 iso:04 iso:05 iso:07 iso:12 iso:13 iso:14 iso:41 iso:43 iso:51 iso:54 iso:55 iso:57 iso:58 " +
		"iso:61 iso:62 iso:63 iso:65 iso:75 iso:81"
	for _, code := range strings.Fields(published) {
		if !known(code) {
			t.Errorf("the catalogue has no sentence for %s", code)
		}
		hu, en := harang.PaymentAdvice(harang.Hungarian, code, ""), harang.PaymentAdvice(harang.English, code, "")
		for _, s := range []string{hu.Meaning, hu.NextStep, en.Meaning, en.NextStep} {
			if harang.CheckText(s, harang.MaxMessageRunes) != "" || strings.HasSuffix(s, ".") {
				t.Errorf("%s: unfit sentence %q", code, s)
			}
		}
		if hu.Retry != en.Retry || hu.Meaning == en.Meaning {
			t.Errorf("%s: the languages disagree: %+v, %+v", code, hu, en)
		}
	}
	if long := harang.PaymentAdvice(harang.Hungarian, "x:1", strings.Repeat("á", 900)); len(
		[]rune(long.Meaning),
	) != harang.MaxMessageRunes {
		t.Errorf("a long text of a provider has %d characters", len([]rune(long.Meaning)))
	}
}

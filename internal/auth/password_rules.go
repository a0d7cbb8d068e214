package auth

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
)

// commonPasswordsFile has the common passwords of at least minCommonRunes characters in lower case, sorted, one a line.
// make generate writes it.
//
//go:embed common-passwords.txt.gz
var commonPasswordsFile []byte

const (
	// minCommonRunes is the length of the shortest passwords in the list.
	minCommonRunes = 4
	// maxSuffixRunes is how many digits and signs at the end of a password do not count: "dragon2024", "Password1!".
	maxSuffixRunes = MinPasswordRunes - minCommonRunes
	// minNameRunes is the length of the shortest name that does not count, minRestRunes how much must be left of a
	// password without the names.
	minNameRunes = 3
	minRestRunes = 4
)

// commonPasswords is the list, unpacked when the first password is set.
var commonPasswords = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(commonPasswordsFile))
	if err != nil {
		panic(err) // the file is compiled in
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return strings.Split(string(text), "\n")
})

// checkUncommon returns PASSWORD_TOO_COMMON for a password that is in the list, that repeats or counts up or down one
// character, or that is little more than the names of the user and the shop. Case, width, spaces and up to
// maxSuffixRunes digits and signs at the end do not count.
func checkUncommon(field, password string, names ...string) error {
	detail := ""
	if isCommon(password) || isRun(password) {
		detail = "is one of the most common passwords"
	} else if isMadeOf(password, names) {
		detail = "must not be made of your name, your e-mail address or the shop's name"
	}
	if detail == "" {
		return nil
	}
	return &harang.Error{
		Code: harang.CodePasswordTooCommon, Message: "the password " + detail,
		Fields: []harang.FieldError{{Field: field, Detail: detail}},
	}
}

func isCommon(password string) bool {
	password = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) { // Cf: invisible characters
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(password))
	for n := 0; ; n++ {
		if _, found := slices.BinarySearch(commonPasswords(), password); found {
			return true
		}
		last, size := utf8.DecodeLastRuneInString(password)
		if n == maxSuffixRunes || size == 0 || unicode.IsLetter(last) {
			return false
		}
		password = password[:len(password)-size]
	}
}

// isRun reports whether all characters of a password are the same, or each is the next of, or the one before, its
// predecessor: "aaaaaaaa", "abcdefgh", "87654321".
func isRun(password string) bool {
	runes := []rune(password)
	if len(runes) < 2 {
		return false
	}
	step := runes[1] - runes[0]
	for i := 1; i < len(runes); i++ {
		if runes[i]-runes[i-1] != step {
			return false
		}
	}
	return -1 <= step && step <= 1
}

// isMadeOf reports whether a password has fewer than minRestRunes characters besides names, or words of names, and the
// digits and signs at its end.
func isMadeOf(password string, names []string) bool {
	rest := plain(strings.TrimRightFunc(password, func(r rune) bool { return !unicode.IsLetter(r) }))
	var words []string
	for _, name := range names {
		words = append(words, plain(name))
		for word := range strings.FieldsFuncSeq(name, isNoWord) {
			words = append(words, plain(word))
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // the longest first
	found := false
	for _, word := range words {
		if utf8.RuneCountInString(word) < minNameRunes {
			break
		}
		if strings.Contains(rest, word) {
			rest, found = strings.ReplaceAll(rest, word, " "), true
		}
	}
	return found && utf8.RuneCountInString(strings.ReplaceAll(rest, " ", "")) < minRestRunes
}

func isNoWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// plain is a text without case, accents and signs.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if isNoWord(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
}

// namesOf are the names of a caller and the caller's shop, which are no good passwords.
func namesOf(caller harang.Identity) []string {
	return []string{caller.Tenant, caller.TenantName, caller.Name, localPart(caller.Email)}
}

// localPart is an e-mail address up to the @.
func localPart(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return local
}

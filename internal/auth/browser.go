package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

const (
	// BrowserLife is how long a browser is known after its newest login.
	BrowserLife = 400 * 24 * time.Hour
	// maxBrowserAccounts is how many accounts a browser is known for, the newest ones: a shop's computer has several
	// users.
	maxBrowserAccounts = 8
	// maxBrowserBytes is more than the longest browser cookie.
	maxBrowserBytes = 512
)

// browser is what the browser cookie says: its random id, and marks of the accounts that signed in on it, newest first.
// It gives no access: it only decides which limit a login counts against and when its password is checked.
type browser struct {
	id    string
	marks []string
}

// knows reports whether the account signed in on this browser.
func (b browser) knows(mark string) bool { return b.id != "" && slices.Contains(b.marks, mark) }

// with returns the browser with the account in first place, and a new id for a browser that had none.
func (b browser) with(mark string) browser {
	if b.id == "" {
		random := make([]byte, 16)
		_, _ = rand.Read(random) // never fails
		b.id = base64.RawURLEncoding.EncodeToString(random)
	}
	marks := []string{mark}
	for _, m := range b.marks {
		if m != mark && len(marks) < maxBrowserAccounts {
			marks = append(marks, m)
		}
	}
	b.marks = marks
	return b
}

// accountMark names an account in a browser cookie without showing its address.
func (s *Service) accountMark(email string) string {
	return base64.RawURLEncoding.EncodeToString(s.browserMAC("account " + email)[:9])
}

// browserCookie is id.mark.….mac.
func (s *Service) browserCookie(b browser) string {
	content := strings.Join(append([]string{b.id}, b.marks...), ".")
	return content + "." + base64.RawURLEncoding.EncodeToString(s.browserMAC("browser "+content))
}

func (s *Service) browserMAC(content string) []byte {
	m := hmac.New(sha256.New, s.key.browser)
	m.Write([]byte(content))
	return m.Sum(nil)
}

// readBrowser reads a browser cookie; a forged or damaged one is an unknown browser.
func (s *Service) readBrowser(cookie string) browser {
	end := strings.LastIndexByte(cookie, '.')
	if end < 0 || len(cookie) > maxBrowserBytes {
		return browser{}
	}
	content := cookie[:end]
	mac, err := base64.RawURLEncoding.Strict().DecodeString(cookie[end+1:])
	if err != nil || !hmac.Equal(mac, s.browserMAC("browser "+content)) {
		return browser{}
	}
	parts := strings.Split(content, ".")
	return browser{id: parts[0], marks: parts[1:]}
}

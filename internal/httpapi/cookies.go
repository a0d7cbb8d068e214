package httpapi

import (
	"net/http"
	"time"
)

// The cookies. They are HttpOnly, SameSite=Strict and sent to the calls under cookiePath only. Over TLS they are Secure
// and have the prefix securePrefix, so that no plain HTTP answer can replace them. A cookie without the prefix, as
// version 0.1.0 set it, is still read when there is none with it, and replaced by the next answer that sets it.
const (
	refreshCookie = "harang_refresh"
	// browserCookie says to which accounts a browser signed in before.
	browserCookie = "harang_known"
	securePrefix  = "__Secure-"
	cookiePath    = prefix + "/auth"
)

// cookies are the values that a request brings, "" for none.
type cookies struct {
	refresh, browser string
	// tls is true when the request came over TLS; plain names the cookies without the prefix that it then brought.
	tls   bool
	plain []string
}

func readCookies(r *http.Request, tls bool) cookies {
	c := cookies{tls: tls}
	read := func(name string) string {
		plain, plainErr := r.Cookie(name)
		if plainErr == nil && tls {
			c.plain = append(c.plain, name)
		}
		if secure, err := r.Cookie(securePrefix + name); err == nil {
			return secure.Value
		}
		if plainErr == nil {
			return plain.Value
		}
		return ""
	}
	c.refresh, c.browser = read(refreshCookie), read(browserCookie)
	return c
}

// set returns the cookies that set a value, or delete it when life is below zero.
func (c cookies) set(name, value string, life time.Duration) []http.Cookie {
	made := http.Cookie{
		Name: name, Value: value, Path: cookiePath, MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: c.tls, SameSite: http.SameSiteStrictMode,
	}
	if !c.tls {
		return []http.Cookie{made}
	}
	made.Name = securePrefix + name
	all := []http.Cookie{made}
	for _, plain := range c.plain {
		if plain == name {
			all = append(all, http.Cookie{
				Name: plain, Path: cookiePath, MaxAge: -1,
				HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
			})
		}
	}
	return all
}

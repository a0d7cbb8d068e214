package httpapi

import (
	"net/http"
	"time"
)

// The cookies. They are HttpOnly, SameSite=Strict and sent to the calls under cookiePath only. Over TLS they are Secure
// and have the prefix securePrefix, so that no answer over plain HTTP can replace them.
//
// Version 0.1.0 knows the refresh cookie without the prefix only. A browser that has it keeps both until its next
// login, with the same value, so that nodes of both versions can serve it during an upgrade.
const (
	refreshCookie = "harang_refresh"
	// browserCookie says to which accounts a browser signed in before.
	browserCookie = "harang_known"
	securePrefix  = "__Secure-"
	cookiePath    = prefix + "/auth"
)

// cookies are the values that a request brings by the names of the cookies, those with securePrefix included.
type cookies struct {
	values map[string]string
	// tls is true when the request came over TLS.
	tls bool
}

func readCookies(r *http.Request, tls bool) cookies {
	c := cookies{values: map[string]string{}, tls: tls}
	for _, name := range []string{refreshCookie, browserCookie} {
		for _, name := range []string{securePrefix + name, name} {
			if cookie, err := r.Cookie(name); err == nil {
				c.values[name] = cookie.Value
			}
		}
	}
	return c
}

// value is the cookie with the prefix, else the one without.
func (c cookies) value(name string) string {
	if value, ok := c.values[securePrefix+name]; ok {
		return value
	}
	return c.values[name]
}

// set returns the cookie that sets a value, and over TLS the one that deletes a cookie without the prefix.
func (c cookies) set(name, value string, life time.Duration) []http.Cookie {
	if !c.tls {
		return []http.Cookie{c.make(name, value, life)}
	}
	all := []http.Cookie{c.make(securePrefix+name, value, life)}
	if _, brought := c.values[name]; brought {
		all = append(all, c.make(name, "", -time.Second))
	}
	return all
}

// setBoth is set, but sets a cookie without the prefix, too, if the request brought one.
func (c cookies) setBoth(name, value string, life time.Duration) []http.Cookie {
	all := c.set(name, value, life)
	if len(all) == 2 {
		all[1] = c.make(name, value, life)
	}
	return all
}

func (c cookies) make(name, value string, life time.Duration) http.Cookie {
	return http.Cookie{
		Name: name, Value: value, Path: cookiePath, MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: c.tls, SameSite: http.SameSiteStrictMode,
	}
}

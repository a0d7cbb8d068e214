package origin_test

import (
	"strings"
	"testing"

	"harang.dev/harang/internal/origin"
)

func TestParse_CanonicalForm(t *testing.T) {
	for text, want := range map[string]string{
		"https://shop.example":          "https://shop.example",
		"HTTPS://Shop.Example":          "https://shop.example",
		"https://shop.example:443":      "https://shop.example",
		"http://shop.example:80":        "http://shop.example",
		"http://shop.example:443":       "http://shop.example:443",
		"https://shop.example:8443":     "https://shop.example:8443",
		"https://műhely.example":        "https://xn--mhely-mgb.example",
		"https://MŰHELY.example":        "https://xn--mhely-mgb.example",
		"https://xn--MHELY-mgb.example": "https://xn--mhely-mgb.example",
		"https://faß.example":           "https://xn--fa-hia.example",
		"http://127.0.0.1:8080":         "http://127.0.0.1:8080",
		"http://[::1]:8080":             "http://[::1]:8080",
		"http://[0:0::1]":               "http://[::1]",
		"http://harang_web:8080":        "http://harang_web:8080",
		"http://localhost":              "http://localhost",
		"capacitor://localhost":         "capacitor://localhost",
		"Ionic://LOCALHOST":             "ionic://localhost",
		"app://.":                       "app://.",
		"chrome-extension://abcdef":     "chrome-extension://abcdef",
		"tauri://localhost:443":         "tauri://localhost:443",
	} {
		o, err := origin.Parse(text)
		if err != nil || o.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, o, err, want)
			continue
		}
		if again, err := origin.Parse(o.String()); err != nil || again != o {
			t.Errorf("%s: its own form is read as %s, %v", text, again, err)
		}
	}
}

func TestParse_Refused(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "scheme",
		"null":                      "scheme",
		"shop.example":              "scheme",
		"://shop.example":           "scheme",
		"1http://shop.example":      "scheme",
		"https://":                  "host",
		"file://":                   "host",
		"https://:8080":             "host",
		"https://shop.example/":     "path",
		"https://shop.example/a":    "path",
		"https://*.shop.example":    "wildcard",
		"*":                         "scheme",
		"https://*":                 "wildcard",
		"https://u@shop.example":    "user",
		"https://shop.example?a":    "query",
		"https://shop.example#a":    "fragment",
		"https://shop.example:":     "port",
		"https://shop.example:0":    "port",
		"https://shop.example:x":    "port",
		"https://shop.example:+80":  "port",
		"https://shop.example:9e9":  "port",
		"https://[::1":              "IPv6",
		"https://[1.2.3.4]":         "IPv6",
		"https://[fe80::1%25eth0]":  "IPv6",
		"https://::1":               "host",
		"https://a b":               "host",
		"https://a\x00b":            "host",
		"https://a,https":           "host",
		"https://a:80:80":           "host",
		"https://xn--zzzzzzzz99999": "host",
	} {
		if o, err := origin.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v, want %s", text, o, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("https://shop.example:8443")
	f.Add("http://[::1]:80")
	f.Add("https://műhely.example")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := origin.Parse(text)
		if err != nil {
			return
		}
		if again, err := origin.Parse(o.String()); err != nil || again != o {
			t.Errorf("%q: %q is read as %q, %v", text, o, again, err)
		}
	})
}

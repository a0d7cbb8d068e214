package ws

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAcceptKey(t *testing.T) {
	good := func() *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"WebSocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		return r
	}
	// The example of RFC 6455, section 1.3.
	if got := acceptKey(good()); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%q", got)
	}
	for name, corrupt := range map[string]func(*http.Request){
		"POST":          func(r *http.Request) { r.Method = "POST" },
		"HTTP/1.0":      func(r *http.Request) { r.ProtoMinor = 0 },
		"no connection": func(r *http.Request) { r.Header.Del("Connection") },
		"other upgrade": func(r *http.Request) { r.Header.Set("Upgrade", "h2c") },
		"no version":    func(r *http.Request) { r.Header.Del("Sec-Websocket-Version") },
		"short key":     func(r *http.Request) { r.Header.Set("Sec-Websocket-Key", "AAAA") },
		"no base64":     func(r *http.Request) { r.Header.Set("Sec-Websocket-Key", "!") },
	} {
		r := good()
		corrupt(r)
		if got := acceptKey(r); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzAcceptKey(f *testing.F) {
	f.Add("Upgrade", "websocket", "13", "dGhlIHNhbXBsZSBub25jZQ==")
	f.Add("keep-alive, upgrade", "h2c, websocket", "13", " AAAAAAAAAAAAAAAAAAAAAA== ")
	f.Fuzz(func(t *testing.T, connection, upgrade, version, key string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header = http.Header{"Connection": {connection}, "Upgrade": {upgrade},
			"Sec-Websocket-Version": {version}, "Sec-Websocket-Key": {key}}
		got := acceptKey(r)
		valid := len(got) == 28 && version == "13" && strings.Contains(strings.ToLower(upgrade), "websocket")
		if got != "" && !valid {
			t.Errorf("%q", got)
		}
	})
}

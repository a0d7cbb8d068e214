package admin

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestHandler(t *testing.T) {
	local := Options{Metrics: prometheus.NewRegistry(), Loopback: true}
	remote := Options{Metrics: prometheus.NewRegistry(), Token: "correct horse"}
	for name, c := range map[string]struct {
		options Options
		host    string
		headers []string // name, value
		want    int
	}{
		"a scraper":                  {local, "127.0.0.1:8081", nil, 200},
		"IPv6":                       {local, "[::1]:8081", nil, 200},
		"localhost, typed":           {local, "localhost:8081", []string{"Sec-Fetch-Site", "none"}, 200},
		"a link of its own":          {local, "LOCALHOST.", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		"a name that was rebound":    {local, "evil.example:8081", nil, 403},
		"an address of the network":  {local, "192.168.1.4:8081", nil, 403},
		"a name that looks like one": {local, "127.0.0.1.evil.example", nil, 403},
		"no host":                    {local, "", nil, 403},
		"another site":               {local, "127.0.0.1:8081", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another port of localhost":  {local, "localhost:8081", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"an old browser":             {local, "127.0.0.1:8081", []string{"Origin", "https://evil.example"}, 403},
		"no token":                   {remote, "metrics.example", nil, 401},
		"a wrong token":              {remote, "metrics.example", []string{"Authorization", "Bearer correct"}, 401},
		"another scheme": {remote, "metrics.example",
			[]string{"Authorization", "Basic correct horse"}, 401},
		"the token": {remote, "metrics.example",
			[]string{"Authorization", "bearer correct horse"}, 200},
		"the token, another site": {remote, "metrics.example",
			[]string{"Authorization", "Bearer correct horse", "Sec-Fetch-Site", "cross-site"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/cmdline"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
				r.Host = c.host
				for i := 0; i < len(c.headers); i += 2 {
					r.Header.Set(c.headers[i], c.headers[i+1])
				}
				w := httptest.NewRecorder()
				New(c.options).ServeHTTP(w, r)
				if w.Code != c.want {
					t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, c.want)
				}
			}
		})
	}
}

func TestCmdline(t *testing.T) {
	before := os.Args
	t.Cleanup(func() { os.Args = before })
	os.Args = []string{"harang", "serve", "--database", "postgres://u:s3cret@h/d", "--redis", "redis://:s3cret@h"}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/debug/pprof/cmdline", nil)
	New(Options{Metrics: prometheus.NewRegistry(), Loopback: true}).ServeHTTP(w, r)
	if got := w.Body.String(); got != strings.Join([]string{
		"harang", "serve", "--database", "postgres://u:xxxxx@h/d", "--redis", "redis://:xxxxx@h",
	}, "\x00") {
		t.Errorf("%q", got)
	}
}

func TestMaskPasswords(t *testing.T) {
	for _, c := range []struct{ arg, want string }{
		{"postgres://u:s3cret@h:5432/d?sslmode=disable", "postgres://u:xxxxx@h:5432/d?sslmode=disable"},
		{"--redis=redis://:s3cret@h", "--redis=redis://:xxxxx@h"},
		{"postgres://u:s3c@ret/@h/d", "postgres://u:xxxxx@h/d"},
		{"postgres://h/d?user=u&password=s3cret&sslmode=disable",
			"postgres://h/d?user=u&password=xxxxx&sslmode=disable"},
		{"postgres://h/d?sslpassword=s3cret", "postgres://h/d?sslpassword=xxxxx"},
		{"redis://u:s3c ret#/?@h:6379/1", "redis://u:xxxxx@h:6379/1"},
		{"rediss://:s3cret%zz@h:6379", "rediss://:xxxxx@h:6379"},
		{"unix://u:s3cret@/run/redis.sock", "unix://u:xxxxx@/run/redis.sock"},
		{"redis:s3cret@h", "redis:xxxxx@h"},
		{"postgres//u:s3cret@h/d", "postgres//u:xxxxx@h/d"},
		{"--database=host=h user=u password=s3cret", "--database=host=h user=u password=xxxxx"},
		{"--redis=REDIS::s3cret@h", "--redis=REDIS:xxxxx@h"},
		{"redis://h?sentinel_password=s3cret&db=1", "redis://h?sentinel_password=xxxxx&db=1"},
		{"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
		{"--email=a:b@shop.example", "--email=a:b@shop.example"},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
	} {
		if got := MaskPasswords([]string{c.arg}); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %s, want %s", c.arg, got, c.want)
		}
		if got := MaskPasswords([]string{c.arg})[0]; strings.Contains(got, "s3c") {
			t.Errorf("%s holds the password", got)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8081": true, "127.1.2.3:0": true, "[::1]:8081": true, "localhost:8081": true,
		"0.0.0.0:8081": false, ":8081": false, "[::]:8081": false, "10.0.0.1:80": false,
		"example.com:80": false, "x": false,
	} {
		if IsLoopback(address) != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}

// TestAdmin_ProfileSeconds: a profile or trace that would not end is refused.
func TestAdmin_ProfileSeconds(t *testing.T) {
	h := New(Options{Metrics: prometheus.NewRegistry(), Loopback: true})
	for _, path := range []string{"/debug/pprof/trace", "/debug/pprof/profile", "/debug/pprof/heap"} {
		for _, seconds := range []string{"9999", "121", "x", "NaN", "%2BInf"} {
			w := httptest.NewRecorder()
			url := "http://127.0.0.1" + path + "?seconds=" + seconds
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if h.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
				t.Errorf("%s for %s seconds: %d", path, seconds, w.Code)
			}
		}
	}
}

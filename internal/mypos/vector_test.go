package mypos

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// vectors were signed by OpenSSL and Python, see testdata/README.md.
type vectors struct {
	Request struct {
		Fields    [][2]string
		Signature string
	}
	Notify  string
	Answer  string
	Webhook struct{ T, Raw, Body, TimestampText, TimestampMac string }
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// configure writes a configuration file beside which the test keys are found.
func configure(t testing.TB, url string, change func(*Config)) string {
	t.Helper()
	keys, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		URL: url, SID: "000000000000010", WalletNumber: "61938166610", KeyIndex: 1,
		PrivateKeyFile:  filepath.Join(keys, "store_private_key.pem"),
		CertificateFile: filepath.Join(keys, "mypos_certificate.pem"),
		Webhook: &WebhookConfig{
			SecretFile: filepath.Join(keys, "webhook_secret"),
			Signature:  signatureBody,
			Fields: Fields{
				OrderID: "data.order_id", Amount: "data.amount", Currency: "data.currency", Code: "data.response_code",
				Message: "data.message", Reference: "data.reference", Event: "event", EventID: "id",
			},
		},
	}
	if change != nil {
		change(&c)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mypos.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, url string, change func(*Config)) *Merchant {
	t.Helper()
	m, err := Load(configure(t, url, change))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestForm_SignVector(t *testing.T) {
	v, m := readVectors(t), load(t, "https://mypos.example/", nil)
	var f form
	for _, x := range v.Request.Fields {
		f.add(x[0], x[1])
	}
	if err := f.sign(m.private); err != nil {
		t.Fatal(err)
	}
	if last := f[len(f)-1]; last.name != "Signature" || last.value != v.Request.Signature {
		t.Errorf("signed %q, OpenSSL signs %q", last.value, v.Request.Signature)
	}
	// PKCS#1 v1.5 signatures are the same every time, so the whole wire text is.
	again, err := parseForm(f.encode())
	if err != nil || cmp.Diff([]field(f), []field(again), cmp.AllowUnexported(field{})) != "" {
		t.Errorf("read back as %v, %v", again, err)
	}
	public, err := os.ReadFile("testdata/store_public_key.pem")
	if err != nil {
		t.Fatal(err)
	}
	key, err := parsePublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.verify(key); err != nil {
		t.Errorf("own signature: %v", err)
	}
}

func TestMerchant_ReadFormVector(t *testing.T) {
	v, m := readVectors(t), load(t, "https://mypos.example/", nil)
	n, err := m.readForm([]byte(v.Notify))
	if err != nil {
		t.Fatal(err)
	}
	want := shop.PaymentNotice{
		TransactionID: "tx-1", Amount: 18900,
		Card: &harang.Card{Token: "tok é+/= &x", Brand: "Visa", Last4: "4828", Expires: "2028-11"},
	}
	n.Key = ""
	if diff := cmp.Diff(want, n.PaymentNotice); diff != "" {
		t.Error(diff)
	}
	for name, body := range map[string]string{
		"another order":  strings.Replace(v.Notify, "SID=", "sid=x&SID=", 1),
		"changed amount": strings.Replace(v.Notify, "18900.00", "18900.01", 1),
		"swapped fields": strings.Replace(v.Notify, "PAN=4828&ExpDate=2811", "ExpDate=2811&PAN=4828", 1),
		"signature first": v.Notify[strings.Index(v.Notify, "Signature="):] + "&" +
			v.Notify[:strings.Index(v.Notify, "&Signature=")],
		"no signature":      v.Notify[:strings.Index(v.Notify, "&Signature=")],
		"not Base64":        v.Notify[:strings.Index(v.Notify, "&Signature=")] + "&Signature=%21%21",
		"something after":   v.Notify + "&Extra=1",
		"an empty form":     "",
		"only a signature":  v.Notify[strings.Index(v.Notify, "Signature="):],
		"a moved separator": strings.Replace(v.Notify, "PAN=4828", "PAN=4-828", 1),
	} {
		_, err := m.readForm([]byte(body))
		if code := harang.ErrorCode(err); code != harang.CodeUnauthenticated &&
			!strings.HasPrefix(name, "another order") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestParseAnswer_Vector(t *testing.T) {
	v, m := readVectors(t), load(t, "https://mypos.example/", nil)
	a, err := parseAnswer([]byte(v.Answer), m.public)
	if err != nil {
		t.Fatal(err)
	}
	if a.status != 0 || a.get("paymentstatus") != "1" || a.message() != "Success" {
		t.Errorf("read %+v", a)
	}
	for name, body := range map[string]string{
		"another status":        strings.Replace(v.Answer, `"Status":0`, `"Status":1`, 1),
		"a nested value":        strings.Replace(v.Answer, "E_NOT", "E_WAS", 1),
		"no signature":          strings.Replace(v.Answer, `"Signature"`, `"Sig"`, 1),
		"two of one":            strings.Replace(v.Answer, `"Source"`, `"status":0,"Source"`, 1),
		"trailing text":         v.Answer + "x",
		"a list":                "[" + v.Answer + "]",
		"cut short":             v.Answer[:len(v.Answer)-20],
		"nothing":               "",
		"nested without an end": `{"a":` + strings.Repeat("[", 100),
	} {
		if _, err := parseAnswer([]byte(body), m.public); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestMerchant_AuthenticVector(t *testing.T) {
	v := readVectors(t)
	at := time.Unix(1772456740, 0)
	body, header := []byte(v.Webhook.Raw), func(s string) string { return "t=" + v.Webhook.T + ", v1=" + s }
	byBody := load(t, "https://mypos.example/", nil)
	byTime := load(t, "https://mypos.example/",
		func(c *Config) { c.Webhook.Signature = signatureTimestamp; c.Webhook.MaxAgeHours = 1 })
	for _, tc := range []struct {
		name   string
		m      *Merchant
		header string
		at     time.Time
		want   bool
	}{
		{"body", byBody, header(v.Webhook.Body), at, true},
		{"body in capitals", byBody, header(strings.ToUpper(v.Webhook.Body)), at, true},
		{"the other form", byBody, header(v.Webhook.TimestampMac), at, false},
		{"timestamp and mac", byTime, header(v.Webhook.TimestampText), at, true},
		{"mac of timestamp and mac", byTime, header(v.Webhook.TimestampMac), at, true},
		{"the other form again", byTime, header(v.Webhook.Body), at, false},
		{"another time", byTime, "t=1772456741,v1=" + v.Webhook.TimestampMac, at, false},
		{"three days later", byBody, header(v.Webhook.Body), at.Add(72 * time.Hour), true},
		{"five days later", byBody, header(v.Webhook.Body), at.Add(120 * time.Hour), false},
		{"too old as configured", byTime, header(v.Webhook.TimestampText), at.Add(61 * time.Minute), false},
		{"of the future", byBody, header(v.Webhook.Body), at.Add(-time.Hour), false},
		{"no time", byBody, "v1=" + v.Webhook.Body, at, false},
		{"no signature", byBody, "t=" + v.Webhook.T, at, false},
		{"only version 0", byBody, "t=" + v.Webhook.T + ",v0=" + v.Webhook.Body, at, false},
		{"no header", byBody, "", at, false},
	} {
		if got := tc.m.authentic(body, tc.header, tc.at); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	if byBody.authentic([]byte("not json"), header(v.Webhook.Body), at) {
		t.Error("a body that is not JSON was accepted")
	}
	none := load(t, "https://mypos.example/", func(c *Config) { c.Webhook = nil })
	if _, err := none.readJSON(body, http.Header{}, at); harang.ErrorCode(err) != harang.CodeUnauthenticated {
		t.Errorf("a webhook that was never made: %v", err)
	}
}

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]int64{"18900": 18900, "18900.00": 18900, "1.": 1, "0.0": 0,
		"1000000000000": 1e12} {
		if got, err := parseAmount(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", ".5", "18900.50", "18900.001", "-1", "+1", "1e3", " 1", "1,00",
		"1000000000001", "99999999999999999999", "1.0.0"} {
		if got, err := parseAmount(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
	if got := formatAmount(18900); got != "18900.00" {
		t.Errorf("written as %q", got)
	}
}

func TestLoad_Wrong(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.pem")
	if err := os.WriteFile(bad, []byte("-----BEGIN X-----\nAAAA\n-----END X-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("abc \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"url: must begin":                   func(c *Config) { c.URL = "http://mypos.example/" },
		"url: must be":                      func(c *Config) { c.URL = "nowhere" },
		"sid":                               func(c *Config) { c.SID = "" },
		"walletNumber":                      func(c *Config) { c.WalletNumber = "" },
		"keyIndex":                          func(c *Config) { c.KeyIndex = 0 },
		"privateKeyFile: must not be empty": func(c *Config) { c.PrivateKeyFile = "" },
		"privateKeyFile: is not":            func(c *Config) { c.PrivateKeyFile = bad },
		"privateKeyFile: is not PEM":        func(c *Config) { c.PrivateKeyFile = short },
		"privateKeyFile: open":              func(c *Config) { c.PrivateKeyFile = "nowhere.pem" },
		"certificateFile: must":             func(c *Config) { c.CertificateFile = "" },
		"certificateFile: is not":           func(c *Config) { c.CertificateFile = bad },
		"certificateFile: open":             func(c *Config) { c.CertificateFile = "nowhere.pem" },
		"webhook.secretFile: must":          func(c *Config) { c.Webhook.SecretFile = "" },
		"webhook.secretFile: has":           func(c *Config) { c.Webhook.SecretFile = short },
		"webhook.signature":                 func(c *Config) { c.Webhook.Signature = "both" },
		"webhook.maxAgeHours":               func(c *Config) { c.Webhook.MaxAgeHours = -1 },
		"webhook.fields.orderId":            func(c *Config) { c.Webhook.Fields.OrderID = "" },
		"webhook.fields.event:":             func(c *Config) { c.Webhook.Fields.Event = "" },
		"webhook.fields.eventId:":           func(c *Config) { c.Webhook.Fields.EventID = "" },
	} {
		if _, err := Load(configure(t, "https://mypos.example/", change)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for name, text := range map[string]string{"unknown member": `{"cid":"1"}`, "not JSON": `sid=1`} {
		path := filepath.Join(t.TempDir(), "mypos.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := Load("nowhere.json"); err == nil {
		t.Error("a missing file was read")
	}
}

func TestDirectory_Client(t *testing.T) {
	d := NewDirectory(Options{})
	path := configure(t, "https://mypos.example/a", nil)
	first, err := d.Client(path)
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := d.Client(path); second != first {
		t.Error("an unchanged file was read again")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(raw, []byte("/a"), []byte("/longer"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	third, err := d.Client(path)
	if err != nil || third.Merchant().URL != "https://mypos.example/longer" {
		t.Errorf("after a change: %v, %v", third, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Client(path); err == nil {
		t.Error("a broken file was taken")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Client(path); err == nil {
		t.Error("a missing file was taken")
	}
}

// A file of version 0.1.0 need not name event and eventId: cards are charged, and the
// webhook, whose events nobody could tell apart for sure, is off.
func TestDirectory_FileWithoutEvent(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"event":   func(c *Config) { c.Webhook.Fields.Event = "" },
		"eventId": func(c *Config) { c.Webhook.Fields.EventID = "" },
	} {
		c, err := NewDirectory(Options{}).Client(configure(t, "https://mypos.example/a", change))
		if err != nil || c.Merchant().Webhook != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseForm(f *testing.F) {
	f.Add("a=1&b=2&Signature=x")
	f.Add("%zz=1")
	f.Fuzz(func(t *testing.T, body string) {
		parsed, err := parseForm(body)
		if err != nil {
			return
		}
		again, err := parseForm(parsed.encode())
		if err != nil || cmp.Diff([]field(parsed), []field(again), cmp.AllowUnexported(field{})) != "" {
			t.Errorf("%q: %v, read back as %v, %v", body, parsed, again, err)
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(`{"Status":0,"a":[{"b":1}],"Signature":"x"}`))
	m := load(f, "https://mypos.example/", nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := parseAnswer(body, m.public); err == nil {
			t.Errorf("unsigned answer was accepted: %+v", a)
		}
	})
}

package mypos

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"harang.dev/harang/internal/secretfile"
)

// Config is a merchant's configuration file: JSON, unknown members refused.
// Paths are taken from the folder of the file.
//
//	{
//	  "url": "https://www.mypos.com/vmp/checkout",
//	  "sid": "000000000000010",
//	  "walletNumber": "61938166610",
//	  "keyIndex": 1,
//	  "privateKeyFile": "store_private_key.pem",
//	  "certificateFile": "mypos_certificate.pem",
//	  "webhook": {
//	    "secretFile": "webhook_secret",
//	    "signature": "body",
//	    "fields": {"orderId": "data.order_id", "code": "data.response_code"}
//	  }
//	}
type Config struct {
	// URL is the address of the Checkout API; https, except on this machine.
	URL string `json:"url"`
	// SID is the shop's number.
	SID string `json:"sid"`
	// WalletNumber is the merchant's account.
	WalletNumber string `json:"walletNumber"`
	// KeyIndex says which key pair signs; from 1.
	KeyIndex int `json:"keyIndex"`
	// PrivateKeyFile is the shop's private key (PEM, PKCS#1 or PKCS#8).
	PrivateKeyFile string `json:"privateKeyFile"`
	// CertificateFile is myPOS's certificate or public key (PEM); answers and
	// form notifications are verified with it.
	CertificateFile string `json:"certificateFile"`
	// Webhook is the JSON webhook; nil when none was made.
	Webhook *WebhookConfig `json:"webhook,omitempty"`
}

// WebhookConfig is how the JSON webhook is signed and read.
type WebhookConfig struct {
	// SecretFile holds the webhook's secret; white space at its end is dropped.
	SecretFile string `json:"secretFile"`
	// Signature is the documented form that this merchant's webhook uses:
	// "body" (HMAC-SHA256 of the body with needless spaces removed) or
	// "timestamp" (the timestamp, a dot and the HMAC-SHA256 of the body).
	Signature string `json:"signature"`
	// MaxAgeHours refuses signatures older than this. Zero: 96, a day more
	// than myPOS goes on repeating.
	MaxAgeHours int `json:"maxAgeHours,omitempty"`
	// Fields say where in the body things stand.
	Fields Fields `json:"fields"`
}

// Fields are dotted paths into the body of a JSON webhook ("data.order_id").
// All but OrderID may be empty: then the body is not asked.
type Fields struct {
	// OrderID is our transaction id.
	OrderID string `json:"orderId"`
	// EventID names the notification; without it the body's SHA-256 does.
	EventID string `json:"eventId,omitempty"`
	// Event repeats the header X-myPOS-Event; when set it must agree with it.
	Event     string `json:"event,omitempty"`
	Amount    string `json:"amount,omitempty"`
	Currency  string `json:"currency,omitempty"`
	Reference string `json:"reference,omitempty"`
	// Code is the reason of a denial, and CodeTable the table it is of: "iso"
	// (the default), "ipc" or "mpr".
	Code      string `json:"code,omitempty"`
	CodeTable string `json:"codeTable,omitempty"`
	// Message holds the provider's words for a denial.
	Message string `json:"message,omitempty"`
}

// Merchant is a configuration with its keys read.
type Merchant struct {
	Config
	private *rsa.PrivateKey
	public  *rsa.PublicKey
	secret  []byte
	maxAge  time.Duration
}

// The forms of the JSON webhook's signature.
const (
	signatureBody      = "body"
	signatureTimestamp = "timestamp"
)

// Load reads and checks a merchant's configuration file and the keys that it
// names. An error says which member is wrong and never holds a secret.
func Load(path string) (*Merchant, error) {
	raw, err := secretfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("mypos configuration: %w", err)
	}
	var m Merchant
	d := json.NewDecoder(strings.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&m.Config); err != nil {
		return nil, fmt.Errorf("mypos configuration %s: %w", path, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("mypos configuration %s: %w", path, err)
	}
	if err := m.readKeys(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("mypos configuration %s: %w", path, err)
	}
	return &m, nil
}

func (m *Merchant) check() error {
	u, err := url.Parse(m.URL)
	switch {
	case err != nil || u.Host == "":
		return errors.New("url: must be the address of the Checkout API")
	case u.Scheme != "https" && !(u.Scheme == "http" && onThisMachine(u.Hostname())):
		return errors.New("url: must begin with https://")
	case m.SID == "":
		return errors.New("sid: must not be empty")
	case m.WalletNumber == "":
		return errors.New("walletNumber: must not be empty")
	case m.KeyIndex < 1:
		return errors.New("keyIndex: must be 1 or more")
	case m.PrivateKeyFile == "":
		return errors.New("privateKeyFile: must not be empty")
	case m.CertificateFile == "":
		return errors.New("certificateFile: must not be empty")
	}
	w := m.Webhook
	if w == nil {
		return nil
	}
	switch {
	case w.SecretFile == "":
		return errors.New("webhook.secretFile: must not be empty")
	case w.Signature != signatureBody && w.Signature != signatureTimestamp:
		return errors.New(`webhook.signature: must be "body" or "timestamp"`)
	case w.MaxAgeHours < 0:
		return errors.New("webhook.maxAgeHours: must not be negative")
	case w.Fields.OrderID == "":
		return errors.New("webhook.fields.orderId: must not be empty")
	case w.Fields.CodeTable != "" && !strings.Contains(" iso ipc mpr ", " "+w.Fields.CodeTable+" "):
		return errors.New(`webhook.fields.codeTable: must be "iso", "ipc" or "mpr"`)
	}
	m.maxAge = 96 * time.Hour
	if w.MaxAgeHours > 0 {
		m.maxAge = time.Duration(w.MaxAgeHours) * time.Hour
	}
	return nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (m *Merchant) readKeys(folder string) error {
	read := func(member, name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		raw, err := secretfile.Read(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member, err)
		}
		return []byte(raw), nil
	}
	raw, err := read("privateKeyFile", m.PrivateKeyFile)
	if err != nil {
		return err
	}
	if m.private, err = parsePrivateKey(raw); err != nil {
		return fmt.Errorf("privateKeyFile: %w", err)
	}
	if raw, err = read("certificateFile", m.CertificateFile); err != nil {
		return err
	}
	if m.public, err = parsePublicKey(raw); err != nil {
		return fmt.Errorf("certificateFile: %w", err)
	}
	if m.Webhook == nil {
		return nil
	}
	if raw, err = read("webhook.secretFile", m.Webhook.SecretFile); err != nil {
		return err
	}
	if m.secret = bytes.TrimSpace(raw); len(m.secret) < 8 {
		return errors.New("webhook.secretFile: holds less than 8 characters")
	}
	return nil
}

func parsePrivateKey(raw []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("is not PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	any8, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if key, ok := any8.(*rsa.PrivateKey); err == nil && ok {
		return key, nil
	}
	return nil, errors.New("is not an RSA private key")
}

func parsePublicKey(raw []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("is not PEM")
	}
	if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok {
			return key, nil
		}
	}
	if key, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		if key, ok := key.(*rsa.PublicKey); ok {
			return key, nil
		}
	}
	if key, err := x509.ParsePKCS1PublicKey(block.Bytes); err == nil {
		return key, nil
	}
	return nil, errors.New("is not an RSA certificate or public key")
}

// Directory keeps the clients of several merchants by configuration file and
// reads a file that changed anew. It is safe for concurrent use.
type Directory struct {
	options Options
	mu      sync.Mutex // guards clients
	clients map[string]known
}

type known struct {
	stamp  string
	client *Client
}

// NewDirectory builds an empty directory; options go to every client.
func NewDirectory(options Options) *Directory {
	return &Directory{options: options, clients: map[string]known{}}
}

// Client returns the client of the merchant whose configuration stands at
// path.
func (d *Directory) Client(path string) (*Client, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("mypos configuration: %w", err)
	}
	stamp := info.ModTime().String() + " " + strconv.FormatInt(info.Size(), 10)
	d.mu.Lock()
	defer d.mu.Unlock()
	if k, ok := d.clients[path]; ok && k.stamp == stamp {
		return k.client, nil
	}
	m, err := Load(path)
	if err != nil {
		return nil, err
	}
	c := New(m, d.options)
	d.clients[path] = known{stamp, c}
	return c, nil
}

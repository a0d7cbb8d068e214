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
// Paths are relative to the folder of the file.
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
//	    "fields": {"event": "event", "eventId": "id", "orderId": "data.order_id"}
//	  }
//	}
type Config struct {
	// URL is the address of the Checkout API; https, except on the loopback interface.
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
	// SecretFile contains the webhook's secret; a BOM and line breaks at its end are dropped.
	SecretFile string `json:"secretFile"`
	// Signature is the documented form that this merchant's webhook uses:
	// "body" (HMAC-SHA256 of the body with needless spaces removed) or
	// "timestamp" (the timestamp, a dot and the HMAC-SHA256 of the body).
	Signature string `json:"signature"`
	// MaxAgeHours refuses signatures older than this. Zero: 96, a day more
	// than myPOS goes on repeating.
	MaxAgeHours int `json:"maxAgeHours,omitempty"`
	// Fields are the members of the body.
	Fields Fields `json:"fields"`
}

// Fields are dotted paths into the body of a JSON webhook ("data.order_id"), which is
// signed; the header that names the event is not. Event, EventID and OrderID are
// required. Of the others those that are empty are not read.
type Fields struct {
	// Event is the path of the event's name, EventID of the notification's id.
	Event   string `json:"event"`
	EventID string `json:"eventId"`
	// OrderID is the path of the transaction id.
	OrderID  string `json:"orderId"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	// Code and Message are the paths of the reason of a denial, for the log.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// Reference and CodeTable are accepted and not used: the status call decides.
	Reference string `json:"reference,omitempty"`
	CodeTable string `json:"codeTable,omitempty"`
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
// names. An error names the member that is wrong and never contains a secret.
func Load(path string) (*Merchant, error) {
	m, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	if err := m.checkFields(); err != nil {
		return nil, fmt.Errorf("mypos configuration %s: %w", path, err)
	}
	return m, nil
}

// readConfig is Load without checkFields.
func readConfig(path string) (*Merchant, error) {
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
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
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
	}
	m.maxAge = 96 * time.Hour
	if w.MaxAgeHours > 0 {
		m.maxAge = time.Duration(w.MaxAgeHours) * time.Hour
	}
	return nil
}

// checkFields checks the members that version 0.1.0 did not require.
func (m *Merchant) checkFields() error {
	switch w := m.Webhook; {
	case w == nil:
	case w.Fields.Event == "":
		return errors.New("webhook.fields.event: must not be empty: the header that names the event is not signed")
	case w.Fields.EventID == "":
		return errors.New("webhook.fields.eventId: must not be empty: repeats are recognised by it")
	}
	return nil
}

func isLoopback(host string) bool {
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
		return errors.New("webhook.secretFile: has less than 8 characters")
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

// Directory caches the clients of merchants by configuration file and reads a changed
// file again. It is safe for concurrent use.
type Directory struct {
	options Options
	mu      sync.Mutex // guards clients
	clients map[string]cached
}

type cached struct {
	stamp  string
	client *Client
}

// NewDirectory builds an empty directory; options go to every client.
func NewDirectory(options Options) *Directory {
	return &Directory{options: options, clients: map[string]cached{}}
}

// Client returns the client of the merchant whose configuration file is path.
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
	m, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	if m.checkFields() != nil {
		m.Webhook = nil // a file of version 0.1.0: charges go on, JSON notifications are refused
	}
	c := New(m, d.options)
	d.clients[path] = cached{stamp, c}
	return c, nil
}

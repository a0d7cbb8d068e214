package auth

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"harang.dev/harang/internal/secretfile"
)

// Key signs tokens, and refresh cookies are derived from it. All nodes of an installation need the same.
type Key struct {
	// ID names the key in the header of its tokens: the beginning of the public key's SHA-256.
	ID      string
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	// cookie is the secret of the refresh cookies, browser that of the browser cookies.
	cookie, browser []byte
}

// NewKey makes a random key that is stored nowhere.
func NewKey() (*Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	return keyOf(private)
}

func keyOf(private ed25519.PrivateKey) (*Key, error) {
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	cookie, err := hkdf.Key(sha256.New, private.Seed(), nil, "harang refresh cookie 1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the cookie key: %w", err)
	}
	browser, err := hkdf.Key(sha256.New, private.Seed(), nil, "harang browser cookie 1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the browser cookie key: %w", err)
	}
	sum := sha256.Sum256(public)
	return &Key{
		ID: base64.RawURLEncoding.EncodeToString(sum[:9]), private: private, public: public,
		cookie: cookie, browser: browser,
	}, nil
}

const keyCure = "make one with openssl genpkey -algorithm ed25519"

// FindKey reads the key file at path (PEM, PKCS #8, Ed25519). It refuses a file that everyone on the machine can
// read. A missing file is fs.ErrNotExist.
func FindKey(path string) (*Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("signing key: %s can be read by everyone (mode %04o): run chmod 600 %s", path,
			info.Mode().Perm(), path)
	}
	text, err := secretfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("signing key: %s has no PEM block PRIVATE KEY: %s", path, keyCure)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("signing key: %s: %w", path, err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("signing key: %s is not an Ed25519 key: %s", path, keyCure)
	}
	return keyOf(private)
}

// FindOrCreateKey reads the key file at path, and creates it with mode 0600 when it does not exist. Two programs that
// create it at once get the same key.
func FindOrCreateKey(path string) (*Key, error) {
	key, err := FindKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	made, err := NewKey()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(made.private)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	// The file is written under another name and linked into place, so that no reader sees half a key and the second of
	// two programs reads the first one's. CreateTemp makes it 0600.
	file, err := os.CreateTemp(filepath.Dir(path), ".signing-*")
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return FindKey(path)
}

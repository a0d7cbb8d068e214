package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"time"
)

// Options are the settings of a Server. Nil and the zero value mean: secure defaults.
type Options struct {
	// PingInterval is the time between two pings. Zero value means 25 s.
	PingInterval time.Duration
	// PingTimeout is how long a pong may take before the session is closed. Zero value
	// means 20 s.
	PingTimeout time.Duration
	// UpgradeTimeout is how long an upgrade may take from its WebSocket handshake on
	// before it is given up; the session then stays on polling. Zero value means 10 s.
	UpgradeTimeout time.Duration
	// MaxPayload is the longest WebSocket message and POST body accepted, in bytes.
	// Zero value means 1,000,000.
	MaxPayload int

	// AllowedOrigins are the origins, such as "https://shop.example", that may connect
	// beside the server's own; they are answered with CORS headers, credentials
	// included. "*" allows every origin. A request without an Origin header is always
	// accepted. Zero value means: same origin only.
	AllowedOrigins []string
	// DisableUpgrade keeps sessions on the transport they were opened with.
	DisableUpgrade bool

	// QueueLimit is how many bytes may wait for a session beside what the kernel took.
	// One message alone may be longer. Zero value means 1 MiB.
	QueueLimit int
	// QueueAge is how long a byte may wait for a WebSocket to take it. Zero value
	// means 5 s. A session on polling is bounded by its heartbeat instead.
	QueueAge time.Duration
	// SendBuffer is the kernel's send buffer of a plain TCP WebSocket, in bytes. Zero
	// value means 64 KiB; negative leaves it to the kernel.
	SendBuffer int
	// Overflow is called in a goroutine of its own when a session exceeded QueueLimit
	// or QueueAge. What waited is dropped by then; the frame answered, when not nil, is
	// sent as the last one if the client still takes it. The session then closes with
	// ReasonSlowConsumer.
	Overflow func(*Session) *Frame
	// PendingPerAddress is how many sessions of one address may be pending. A session is
	// pending while Session.Expire gives it a time to end, such as an application does
	// until a client has proved who it is; one to which that happens in Handler.Open is
	// so from its handshake on. The address is that of http.Request.RemoteAddr; of IPv6
	// it is the first 64 bits. Further handshakes are answered 429 with Retry-After.
	// Zero value means 2,000; negative means any number.
	PendingPerAddress int
	// PendingLimit is the same for all addresses together; the answer is 503. Zero
	// value means 20,000; negative means any number.
	PendingLimit int
	// CloseTimeout is how long a closed session may take to receive what waits for it
	// and to answer the closing, and how long a client may take to read the answer to its
	// poll. Zero value means 10 s.
	CloseTimeout time.Duration
	// RetryAfter is sent with the 503 while draining, and with refusals because of
	// pending sessions, in whole seconds. Zero value means 5 s.
	RetryAfter time.Duration

	// Observer is told what happens.
	Observer Observer
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// NewID makes session ids, which must be unguessable and URL-safe. Nil means 120
	// random bits in base64url.
	NewID func() string
}

// Observer are plain callbacks, each of which may be nil. They must not block and are
// called without any lock held.
type Observer struct {
	Opened       func(t Transport)                // a session began
	Closed       func(t Transport, reason string) // a session ended, once for each that began
	Upgraded     func()                           // a session moved from polling to WebSocket
	Refused      func(code int)                   // a request was answered with an error code of the protocol
	Limited      func(status int)                 // a handshake was answered 429 or 503, because too many sessions are pending
	Sent         func(t Transport, bytes int)     // bytes were handed to a session
	Received     func(t Transport, bytes int)     // bytes of messages came from a session
	SlowConsumer func(t Transport)                // a session exceeded QueueLimit or QueueAge
}

func (o *Options) withDefaults() Options {
	var out Options
	if o != nil {
		out = *o
	}
	duration := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	duration(&out.PingInterval, 25*time.Second)
	duration(&out.PingTimeout, 20*time.Second)
	duration(&out.UpgradeTimeout, 10*time.Second)
	duration(&out.QueueAge, 5*time.Second)
	duration(&out.CloseTimeout, 10*time.Second)
	duration(&out.RetryAfter, 5*time.Second)
	if out.MaxPayload <= 0 {
		out.MaxPayload = 1_000_000
	}
	if out.QueueLimit <= 0 {
		out.QueueLimit = 1 << 20
	}
	if out.SendBuffer == 0 {
		out.SendBuffer = 64 << 10
	}
	if out.PendingPerAddress == 0 {
		out.PendingPerAddress = 2000
	}
	if out.PendingLimit == 0 {
		out.PendingLimit = 20_000
	}
	if out.Now == nil {
		out.Now = time.Now
	}
	if out.NewID == nil {
		out.NewID = RandomID
	}
	return out
}

// RandomID returns 120 random bits in base64url, 20 characters.
func RandomID() string {
	var b [15]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

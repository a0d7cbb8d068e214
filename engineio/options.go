package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"math"
	"net/http"
	"time"
)

// Options configure a Server. Nil and zero values select secure defaults.
type Options struct {
	// PingInterval is the time between a pong and the next ping. Zero value means 25 s.
	PingInterval time.Duration
	// PingTimeout is how long the server waits for a pong before it ends the session. Zero value means 20 s.
	PingTimeout time.Duration
	// UpgradeTimeout is how long an upgrade may take, from its WebSocket handshake to the upgrade packet. After that
	// the WebSocket is closed and the session stays on polling. Zero value means 10 s.
	UpgradeTimeout time.Duration
	// MaxPayload is the size limit of a WebSocket message and of a POST body, in bytes. The handshake announces it
	// as maxPayload. Zero value means 1,000,000.
	MaxPayload int

	// AllowedOrigins are the origins, such as "https://shop.example", that may connect in addition to the server's
	// own. They receive CORS headers, credentials included. "*" allows every origin. A request without an Origin
	// header is always accepted. Zero value means same origin only.
	AllowedOrigins []string
	// CheckOrigin, if not nil, decides instead of AllowedOrigins and the rule of the same origin. It is called for
	// every request, with or without an Origin header. An error refuses the request with 403; its text is the message
	// of the response. It must be safe for concurrent use.
	CheckOrigin func(*http.Request) error
	// DisableUpgrade keeps every session on the transport on which it was opened.
	DisableUpgrade bool

	// QueueLimit is how many bytes may be queued for a session, besides those that the kernel has accepted. A single
	// message may exceed it when the queue is empty. Zero value means 1 MiB.
	QueueLimit int
	// QueueAge is how long a byte may be queued for a WebSocket. Zero value means 5 s. On polling the heartbeat
	// limits the age instead.
	QueueAge time.Duration
	// SendBuffer is the size of the kernel's send buffer of a plain TCP WebSocket, in bytes. Zero value means
	// 64 KiB; a negative value keeps the kernel's default.
	SendBuffer int
	// Overflow is called in its own goroutine when a session has exceeded QueueLimit or QueueAge and its queue has
	// been dropped. The returned frame, if not nil, is sent as the last one if the client still reads. The session
	// then closes with ReasonSlowConsumer.
	Overflow func(*Session) *Frame
	// FrameRate is how many frames a client may send per second in the long run. Each WebSocket frame counts, fragments
	// and control frames included, each packet of a POST body and each upgrade request. Zero value means no limit.
	FrameRate float64
	// FrameBurst is how many frames a client may send at once. Zero value means five seconds of FrameRate.
	FrameBurst int
	// RateLimited is called when a session has exceeded FrameRate, by the goroutine that reads from the client. The
	// returned frame, if not nil, is sent as the last one. The session then closes with ReasonRateLimited; further
	// packets of the client are ignored. It must not block.
	RateLimited func(*Session) *Frame
	// BufferLimit is how many bytes of incomplete messages the server keeps for all clients together. A client whose
	// message does not fit is disconnected, unless it is shorter than 16 KiB. Zero value means 256 MiB; a negative
	// value no limit.
	BufferLimit int64
	// PendingPerAddress is how many sessions of one address may be pending. A session is pending while a time set by
	// Session.Expire runs, which an application does until the client has authenticated; a session that sets it in
	// Handler.Open is pending from its handshake. The address is http.Request.RemoteAddr, of IPv6 the first 64 bits.
	// Further handshakes are answered 429 with Retry-After. Zero value means 2,000; a negative value no limit.
	PendingPerAddress int
	// PendingLimit is the same limit for all addresses together; the answer is 503. Zero value means 20,000; a
	// negative value no limit.
	PendingLimit int
	// CloseTimeout is how long a closing session may take to read its queue and to answer the close, and how long a
	// client may take to read the response to a poll. Zero value means 10 s.
	CloseTimeout time.Duration
	// RetryAfter is the Retry-After header of refusals that are temporary, in whole seconds. Zero value means 5 s.
	RetryAfter time.Duration

	// Observer receives counts of what happens.
	Observer Observer
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// NewID returns session ids, which must be unguessable and URL-safe. Nil means RandomID.
	NewID func() string
}

// Observer has callbacks for metrics. Each may be nil. They must not block and are called without any lock held.
type Observer struct {
	Opened       func(t Transport)                // a session was opened
	Closed       func(t Transport, reason string) // a session ended; once for each that was opened
	Upgraded     func()                           // a session moved from polling to WebSocket
	Refused      func(code int)                   // a request was answered with an error code of the protocol
	Limited      func(status int)                 // a handshake was answered 429 or 503: too many pending sessions
	Sent         func(t Transport, bytes int)     // bytes were accepted by Session.Send
	Received     func(t Transport, bytes int)     // bytes of a message were received
	SlowConsumer func(t Transport)                // a session exceeded QueueLimit or QueueAge
	RateLimited  func(t Transport)                // a session exceeded FrameRate
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
	if out.BufferLimit == 0 {
		out.BufferLimit = 256 << 20
	}
	if out.PendingPerAddress == 0 {
		out.PendingPerAddress = 2000
	}
	if out.PendingLimit == 0 {
		out.PendingLimit = 20_000
	}
	if out.FrameBurst <= 0 {
		out.FrameBurst = int(max(math.Ceil(5*out.FrameRate), 1))
	}
	if out.Now == nil {
		out.Now = time.Now
	}
	if out.NewID == nil {
		out.NewID = RandomID
	}
	return out
}

// RandomID returns 120 random bits in base64url (RFC 4648, section 5), 20 characters.
func RandomID() string {
	var b [15]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

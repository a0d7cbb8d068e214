package mypos

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// MaxNoticeBytes is the size of the largest notification, in bytes.
const MaxNoticeBytes = 64 << 10

// Merchants finds the merchant of a tenant.
type Merchants interface {
	// FindMerchant returns the tenant's merchant; NOT_FOUND when the tenant is
	// unknown or does not take payments with myPOS.
	FindMerchant(ctx context.Context, tenant string) (*Merchant, error)
}

// NoticeSink records a verified notification, once, and has the provider asked for
// the payment's outcome.
type NoticeSink interface {
	ReceiveNotice(ctx context.Context, tenant string, notice shop.PaymentNotice) (shop.NoticeOutcome, error)
}

// WebhookOptions are the parts of a webhook.
type WebhookOptions struct {
	// Merchants and Notices are required.
	Merchants Merchants
	Notices   NoticeSink
	// Clock returns the time. Nil means time.Now.
	Clock func() time.Time
	// Logger gets one line per verified notification. Nil means none.
	Logger *slog.Logger
	// Metrics counts the notifications. Nil means none.
	Metrics *Metrics
}

// Webhook receives both kinds of myPOS's notifications on one route, whose path value
// "tenant" names the tenant. The package documentation lists its answers.
type Webhook struct {
	o WebhookOptions

	mu      sync.Mutex      // guards unknown
	unknown map[string]bool // events that were warned of
}

// NewWebhook builds a webhook.
func NewWebhook(o WebhookOptions) *Webhook {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Webhook{o: o, unknown: map[string]bool{}}
}

// The kinds of notifications in logs and metrics.
const (
	kindForm  = "form"
	kindJSON  = "json"
	kindOther = "other"
)

// The outcomes of notifications in logs and metrics, besides those of the sink.
const (
	outcomeRefused = "refused"
	outcomeIgnored = "ignored"
	outcomeUnknown = "unknown_event"
	outcomeFailed  = "failed"
)

// notice is a notification as read.
type notice struct {
	shop.PaymentNotice
	// verified is true when the signature is the merchant's.
	verified bool
	// event is the method of a form or the event of a JSON webhook, reason what the
	// provider said about a denial. Both are for the log.
	event, reason string
	// ignored is true when it is not about a payment's outcome.
	ignored bool
}

// ServeHTTP receives one notification. What has no valid signature is counted and not
// logged, because anybody can send it.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tenant := r.PathValue("tenant")
	kind := kindOf(r)
	n, outcome, err := h.receive(w, r, tenant, kind)
	h.o.Metrics.notice(kind, outcome)

	level := slog.LevelInfo
	switch {
	case !n.verified:
		level = slog.LevelDebug
	case err != nil:
		level = slog.LevelWarn
	}
	h.o.Logger.LogAttrs(r.Context(), level, "mypos notification", slog.String("tenant", tenant),
		slog.String("kind", kind), slog.String("event", n.event), slog.String("outcome", outcome),
		slog.String("transaction", n.TransactionID), slog.String("reason", n.reason), slog.Any("err", err))

	if err == nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "OK")
		return
	}
	writeProblem(w, err)
}

func kindOf(r *http.Request) string {
	switch media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media {
	case "application/x-www-form-urlencoded":
		return kindForm
	case "application/json":
		return kindJSON
	}
	return kindOther
}

// receive reads and verifies one notification and passes it on.
func (h *Webhook) receive(w http.ResponseWriter, r *http.Request, tenant, kind string) (notice, string, error) {
	if !harang.ValidTenantID(tenant) {
		return notice{}, outcomeRefused, errNoMerchant
	}
	m, err := h.o.Merchants.FindMerchant(r.Context(), tenant)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		err = errNoMerchant
	}
	if err != nil {
		return notice{}, outcomeRefused, err
	}
	if kind == kindOther {
		return notice{}, outcomeRefused, harang.Errorf(harang.CodeInvalidRequest,
			"the content type must be a form or JSON")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxNoticeBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return notice{}, outcomeRefused, harang.Wrap(harang.CodeTooLarge, err, "the body is larger than 64 KiB")
	case err != nil:
		return notice{}, outcomeRefused, harang.Wrap(harang.CodeInvalidRequest, err, "the body ended early")
	}
	var n notice
	if kind == kindForm {
		n, err = m.readForm(body)
	} else {
		n, err = m.readJSON(body, r.Header, h.o.Clock())
	}
	switch {
	case err != nil:
		return n, outcomeRefused, err
	case n.ignored && strings.HasPrefix(n.event, posEvents):
		h.warnUnknown(r.Context(), tenant, n.event)
		return n, outcomeUnknown, nil
	case n.ignored:
		return n, outcomeIgnored, nil
	}
	n.Raw = body
	outcome, err := h.o.Notices.ReceiveNotice(r.Context(), tenant, n.PaymentNotice)
	switch {
	case err != nil:
		return n, outcomeFailed, err
	case outcome == shop.NoticeMismatch:
		err = invalid("Amount", "is not the amount of the payment")
	case outcome == shop.NoticeUnknown && kind == kindForm:
		err = harang.Errorf(harang.CodeNotFound, "there is no such order")
	}
	return n, string(outcome), err
}

// maxUnknown is how many names of unknown events are warned of.
const maxUnknown = 16

// warnUnknown warns once of an event about payments that is not known here.
func (h *Webhook) warnUnknown(ctx context.Context, tenant, event string) {
	h.mu.Lock()
	warn := !h.unknown[event] && len(h.unknown) < maxUnknown
	if warn {
		h.unknown[event] = true
	}
	h.mu.Unlock()
	if warn {
		h.o.Logger.WarnContext(ctx, "mypos event unknown; ignored", "tenant", tenant, "event", event)
	}
}

// errNoMerchant does not tell strangers whether there is a tenant of this id.
var errNoMerchant = harang.Errorf(harang.CodeNotFound, "no tenant of this id takes myPOS payments")

func keyOf(kind string, body []byte) string {
	sum := sha256.Sum256(body)
	return kind + ":" + hex.EncodeToString(sum[:])
}

func unauthenticated() error {
	return harang.Errorf(harang.CodeUnauthenticated, "the signature is missing or not valid")
}

func invalid(field, detail string) error {
	return harang.Invalid(harang.FieldError{Field: field, Detail: detail})
}

// statusOf returns the HTTP status of a refusal.
func statusOf(code harang.Code) int {
	switch code {
	case harang.CodeUnauthenticated:
		return http.StatusUnauthorized
	case harang.CodeNotFound:
		return http.StatusNotFound
	case harang.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case harang.CodeInvalidRequest:
		return http.StatusUnprocessableEntity
	}
	return http.StatusServiceUnavailable
}

func writeProblem(w http.ResponseWriter, err error) {
	code := harang.ErrorCode(err)
	status := statusOf(code)
	problem := map[string]any{"type": "about:blank", "status": status, "title": http.StatusText(status), "code": code}
	var e *harang.Error
	if errors.As(err, &e) {
		problem["detail"] = e.Message
		if len(e.Fields) > 0 {
			problem["errors"] = e.Fields
		}
	}
	if status == http.StatusServiceUnavailable {
		problem["code"], problem["detail"] = harang.CodeUnavailable, "try again later"
		w.Header().Set("Retry-After", "30")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem)
}

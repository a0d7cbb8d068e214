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
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// MaxNoticeBytes is the largest notification that is taken.
const MaxNoticeBytes = 64 << 10

// Merchants knows which tenants take myPOS.
type Merchants interface {
	// FindMerchant returns the tenant's merchant; NOT_FOUND when the tenant is
	// unknown or takes no myPOS.
	FindMerchant(ctx context.Context, tenant string) (*Merchant, error)
}

// Ledger takes what a verified notification says, in one transaction with the
// memory of having seen it.
type Ledger interface {
	ApplyNotice(ctx context.Context, tenant string, notice shop.PaymentNotice) (shop.NoticeOutcome, error)
}

// WebhookOptions are the parts of a webhook.
type WebhookOptions struct {
	Merchants Merchants
	Ledger    Ledger
	// Clock tells the time. Nil: time.Now.
	Clock func() time.Time
	// Logger gets one line per notification. Nil: nothing is logged.
	Logger *slog.Logger
	// Metrics counts the notifications. Nil: nothing is counted.
	Metrics *Metrics
}

// Webhook takes both kinds of myPOS's notifications on one route, whose path
// value "tenant" names the tenant. The package page lists its answers.
type Webhook struct{ o WebhookOptions }

// NewWebhook builds a webhook.
func NewWebhook(o WebhookOptions) *Webhook {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Webhook{o: o}
}

// The kinds of notifications in logs and metrics.
const (
	kindForm  = "form"
	kindJSON  = "json"
	kindOther = "other"
)

// notice is what a notification turned out to be.
type notice struct {
	shop.PaymentNotice
	// ignored tells that the notification is authentic but not about payments.
	ignored bool
}

// ServeHTTP takes one notification.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tenant := r.PathValue("tenant")
	kind, outcome, transaction, err := h.take(w, r, tenant)
	h.o.Metrics.notice(kind, outcome)

	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	h.o.Logger.LogAttrs(r.Context(), level, "mypos notification", slog.String("tenant", tenant), slog.String("kind", kind),
		slog.String("outcome", outcome), slog.String("transaction", transaction), slog.Any("err", err))

	if err == nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "OK")
		return
	}
	writeProblem(w, err)
}

// take reads, verifies and hands over one notification. The outcome is the
// word for log and metrics.
func (h *Webhook) take(w http.ResponseWriter, r *http.Request, tenant string) (kind, outcome, transaction string, err error) {
	kind = kindOther
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch media {
	case "application/x-www-form-urlencoded":
		kind = kindForm
	case "application/json":
		kind = kindJSON
	}
	if !harang.ValidTenantID(tenant) {
		return kind, "refused", "", harang.Errorf(harang.CodeNotFound, "there is no such tenant")
	}
	m, err := h.o.Merchants.FindMerchant(r.Context(), tenant)
	if err != nil {
		return kind, "refused", "", err
	}
	if kind == kindOther {
		return kind, "refused", "", harang.Errorf(harang.CodeInvalidRequest, "the content type must be a form or JSON")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxNoticeBytes))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return kind, "refused", "", harang.Wrap(harang.CodeTooLarge, err, "a notification may have 64 KiB at most")
		}
		return kind, "refused", "", harang.Wrap(harang.CodeInvalidRequest, err, "the body ended early")
	}
	var n notice
	if kind == kindForm {
		n, err = m.readForm(body)
	} else {
		n, err = m.readJSON(body, r.Header, h.o.Clock())
	}
	transaction = n.TransactionID
	if err != nil {
		return kind, "refused", transaction, err
	}
	if n.ignored {
		return kind, "ignored", transaction, nil
	}
	n.Raw = body
	taken, err := h.o.Ledger.ApplyNotice(r.Context(), tenant, n.PaymentNotice)
	if err != nil {
		return kind, "failed", transaction, err
	}
	switch {
	case taken == shop.NoticeMismatch:
		err = harang.Invalid(harang.FieldError{Field: "Amount", Detail: "is not the payment's"})
	case taken == shop.NoticeUnknown && kind == kindForm:
		err = harang.Errorf(harang.CodeNotFound, "there is no such order")
	}
	return kind, string(taken), transaction, err
}

func keyOf(kind string, body []byte) string {
	sum := sha256.Sum256(body)
	return kind + ":" + hex.EncodeToString(sum[:])
}

func unauthenticated() error {
	return harang.Errorf(harang.CodeUnauthenticated, "the signature is missing or not right")
}

func malformed(field, detail string) error {
	return harang.Invalid(harang.FieldError{Field: field, Detail: detail})
}

// statusOf is the answer to a refused notification.
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

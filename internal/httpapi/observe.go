package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"harang.dev/harang"
)

// note collects what the log needs to know about a call.
type note struct {
	tenant, user string
	problem      *problem
	stack        []byte // of a panic
}

// statusClosed is the status in metrics and log of a call whose caller went away
// before the answer. It is never sent.
const statusClosed = 499

// cancelled reports whether the call failed because its caller went away.
func (n *note) cancelled(ctx context.Context) bool {
	return errors.Is(ctx.Err(), context.Canceled) && n.problem != nil &&
		(n.problem.code == harang.CodeUnavailable || errors.Is(n.problem.cause, context.Canceled))
}

type noteKey struct{}

func noteOf(ctx context.Context) *note {
	n, _ := ctx.Value(noteKey{}).(*note)
	if n == nil {
		return &note{}
	}
	return n
}

func noteCaller(ctx context.Context, caller harang.Identity) {
	n := noteOf(ctx)
	n.tenant, n.user = caller.Tenant, caller.UserID
}

func noteProblem(ctx context.Context, p *problem) { noteOf(ctx).problem = p }

// recorder records the status of an answer, and gives it a deadline from its beginning: a
// client that does not read it is disconnected.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.begin(status)
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.begin(http.StatusOK)
	return r.ResponseWriter.Write(b)
}

func (r *recorder) begin(status int) {
	if r.status == 0 {
		r.status = status
		deadline := time.Now().Add(answerTimeout)
		_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(deadline) // not every writer has one
	}
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// observe logs and counts every call, and turns a panic into a 500.
func (a *API) observe(m *metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		n := &note{}
		r = r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
		defer func() { //nolint:contextcheck // r carries the context
			v := recover()
			aborted := v == http.ErrAbortHandler //nolint:errorlint // compared as net/http does
			switch {
			case aborted:
				defer panic(v)
				if n.problem != nil { // the caller got another status, and not all of the answer
					rec.status = n.problem.GetStatus()
				}
			case v != nil:
				n.problem, n.stack = problemOf(fmt.Errorf("panic: %v", v)), debug.Stack()
				if rec.status == 0 {
					n.problem.write(rec)
				}
			}
			took := time.Since(began)
			if n.cancelled(r.Context()) {
				rec.status = statusClosed
			}
			m.observe(r.Method, r.Pattern, rec.status, took)
			a.log(r, rec.status, n, took)
		}()
		next.ServeHTTP(rec, r)
	})
}

// levelOf is the level of a call's line: ERROR when the server failed, WARN when a
// service that it called did, else DEBUG.
func levelOf(pattern string, status int, p *problem) slog.Level {
	switch {
	case status < http.StatusInternalServerError:
		return slog.LevelDebug
	case pattern == "GET /readyz": // an unready node answers 503 as it should, and anybody may ask
		return slog.LevelDebug
	case p != nil && p.code == harang.CodePaymentTimeout:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// log writes one line about a call. A full disk fails every write of a caller: package
// logging limits equal lines, by code.
func (a *API) log(r *http.Request, status int, n *note, took time.Duration) {
	level := levelOf(r.Pattern, status, n.problem)
	if !a.Logger.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", strings.ToValidUTF8(r.URL.Path, "?")),
		slog.Int("status", status), slog.Duration("dur", took),
	}
	if n.tenant != "" {
		attrs = append(attrs, slog.String("tenant", n.tenant), slog.String("user", n.user))
	}
	if n.problem != nil {
		attrs = append(attrs, slog.String("code", string(n.problem.code)))
		if n.problem.cause != nil {
			attrs = append(attrs, slog.String("err", n.problem.cause.Error()))
		}
	}
	if n.stack != nil {
		attrs = append(attrs, slog.String("stack", string(n.stack)))
	}
	a.Logger.LogAttrs(r.Context(), level, "http", attrs...)
}

package httpapi

import (
	"context"
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

// recorder records the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
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
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
					panic(v)
				}
				n.problem = problemOf(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
				if rec.status == 0 {
					n.problem.write(rec)
				}
			}
			took := time.Since(began)
			m.observe(r.Method, r.Pattern, rec.status, took)
			a.log(r, rec.status, n, took)
		}()
		next.ServeHTTP(rec, r)
	})
}

// log writes one line about a call: an error when it failed here, else only for
// who asks for details. A page that is left ends its calls: nothing failed then.
func (a *API) log(r *http.Request, status int, n *note, took time.Duration) {
	level := slog.LevelDebug
	left := r.Context().Err() != nil && n.problem != nil && n.problem.code == harang.CodeUnavailable
	if status >= 500 && !left {
		level = slog.LevelError
	}
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
	a.Logger.LogAttrs(r.Context(), level, "http", attrs...)
}

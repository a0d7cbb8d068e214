// Package logging is the slog handler of the program. It bounds what callers can
// make the log grow by: every value is cut to [MaxValueBytes], and a warning or error
// that repeats, with its message and its value of [CodeKey], is written [Burst] times
// and then once every [Interval], with the number of lines left out.
//
// Lines below WARN are not limited: nothing that a caller without a credential does
// is logged at INFO.
package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of the log.
const (
	// MaxValueBytes is the length of the longest value, in bytes.
	MaxValueBytes = 256
	// MaxStackBytes is the length of the longest value of [StackKey], in bytes.
	MaxStackBytes = 8 << 10
	// Burst is how many lines with one message and code are written at once.
	Burst = 20
	// Interval is the time between further lines with that message and code.
	Interval = 10 * time.Second
	// maxMessages is how many messages and codes are counted separately. They are
	// constants of the program, so there are fewer.
	maxMessages = 1000
)

// StackKey is the key of a stack trace, which may be longer than other values.
const StackKey = "stack"

// CodeKey is the key of an error code. A message with several codes is counted
// separately for each, so that a failure that repeats hides no other one.
const CodeKey = "code"

// Options are how lines are written.
type Options struct {
	// Level is the lowest level that is written. Nil means INFO.
	Level slog.Leveler
	// JSON writes one JSON object per line instead of key=value text.
	JSON bool
}

// NewHandler returns a handler that writes lines to w. It is safe for concurrent use.
func NewHandler(w io.Writer, o Options) slog.Handler {
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: cutAttr}
	var next slog.Handler = slog.NewTextHandler(w, options)
	if o.JSON {
		next = slog.NewJSONHandler(w, options)
	}
	return &handler{next: next, repeats: &repeats{byKind: map[string]*repeat{}}}
}

// cutAttr cuts texts. Numbers, times and durations are short already.
func cutAttr(_ []string, a slog.Attr) slog.Attr {
	most := MaxValueBytes
	if a.Key == StackKey {
		most = MaxStackBytes
	}
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(cut(v.String(), most))
	case slog.KindAny:
		switch value := v.Any().(type) {
		case nil, *slog.Source, slog.Level:
		case error:
			a.Value = slog.StringValue(cut(value.Error(), most))
		default:
			a.Value = slog.StringValue(cut(fmt.Sprint(value), most))
		}
	}
	return a
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

type handler struct {
	next    slog.Handler
	repeats *repeats
}

// Enabled reports whether lines of a level are written.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle writes a line, unless its message and code repeat too often.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		ok, left := h.repeats.allow(kindOf(r), r.Time)
		if !ok {
			return nil
		}
		if left > 0 {
			r = r.Clone()
			r.AddAttrs(slog.Int("suppressed", left))
		}
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs returns a handler that adds attributes.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{next: h.next.WithAttrs(attrs), repeats: h.repeats}
}

// WithGroup returns a handler that puts attributes into a group.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{next: h.next.WithGroup(name), repeats: h.repeats}
}

// kindOf is what makes lines equal: the message, and the code where there is one.
func kindOf(r slog.Record) string {
	kind := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != CodeKey {
			return true
		}
		kind += "\x00" + cut(a.Value.Resolve().String(), MaxValueBytes)
		return false
	})
	return kind
}

type repeats struct {
	mu     sync.Mutex // guards byKind and what is in it
	byKind map[string]*repeat
}

type repeat struct {
	limiter *rate.Limiter
	left    int // lines left out since the last one written
}

// allow reports whether a line of a kind may be written at a time, and how many were
// left out before it.
func (s *repeats) allow(kind string, at time.Time) (ok bool, left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.byKind[kind]
	if r == nil {
		if len(s.byKind) >= maxMessages {
			kind = ""
		}
		if r = s.byKind[kind]; r == nil {
			r = &repeat{limiter: rate.NewLimiter(rate.Every(Interval), Burst)}
			s.byKind[kind] = r
		}
	}
	if !r.limiter.AllowN(at, 1) {
		r.left++
		return false, 0
	}
	left, r.left = r.left, 0
	return true, left
}

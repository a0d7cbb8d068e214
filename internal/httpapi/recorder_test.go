package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// deadlineWriter records the deadlines that are set.
type deadlineWriter struct {
	http.ResponseWriter
	deadlines []time.Time
}

func (w *deadlineWriter) SetWriteDeadline(t time.Time) error {
	w.deadlines = append(w.deadlines, t)
	return nil
}

// TestRecorder_Deadline: the time in which an answer must be read begins with the answer,
// however long the call took, and is not renewed by its parts.
func TestRecorder_Deadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, begin := range map[string]func(http.ResponseWriter){
			"a status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
			"a body":   func(w http.ResponseWriter) { _, _ = io.WriteString(w, "part") },
		} {
			w := &deadlineWriter{ResponseWriter: httptest.NewRecorder()}
			rec := &recorder{ResponseWriter: w}
			time.Sleep(5 * answerTimeout) //nolint:forbidigo // by the clock of the bubble
			begin(rec)
			want := time.Now().Add(answerTimeout)
			time.Sleep(time.Second) //nolint:forbidigo // by the clock of the bubble
			_, _ = io.WriteString(rec, "more")
			if len(w.deadlines) != 1 || !w.deadlines[0].Equal(want) {
				t.Errorf("%s: deadlines %v, want %v", name, w.deadlines, want)
			}
		}
	})
}

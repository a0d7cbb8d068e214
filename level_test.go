package harang_test

import (
	"testing"

	"pgregory.net/rapid"

	"harang.dev/harang"
)

// TestLevel_Change: an alert for each deterioration to another severity, with thresholds 5 and 3.
func TestLevel_Change(t *testing.T) {
	type step struct {
		quantity int64
		silenced bool
		want     harang.Severity
	}
	const (
		warning  = harang.SeverityWarning
		critical = harang.SeverityCritical
	)
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"down through both", []step{{6, false, ""}, {5, false, ""}, {4, false, warning}, {3, false, ""},
			{2, false, critical}, {0, false, ""}}},
		{"straight to critical", []step{{1, false, critical}, {0, false, ""}}},
		{"no event upwards", []step{{1, false, critical}, {4, false, ""}, {9, false, ""}}},
		{"critical again after its threshold was reached",
			[]step{{1, false, critical}, {3, false, ""}, {2, false, critical}}},
		{"warning again after its threshold was reached",
			[]step{{4, false, warning}, {5, false, ""}, {4, false, warning}}},
		{"no second warning below its threshold",
			[]step{{1, false, critical}, {4, false, ""}, {3, false, ""}, {4, false, ""}}},
		{"silenced", []step{{4, true, ""}, {1, true, ""}, {9, true, ""}, {4, false, warning}}},
		{"worse while silenced, announced by the next change",
			[]step{{1, true, ""}, {0, false, critical}, {0, false, ""}}},
		{"worse while silenced, better afterwards", []step{{1, true, ""}, {2, false, ""}, {4, false, ""},
			{3, false, warning}}},
		{"announced warning, critical while silenced",
			[]step{{4, false, warning}, {1, true, ""}, {0, false, critical}}},
		{"no second alert after silencing",
			[]step{{1, false, critical}, {0, true, ""}, {1, true, ""}, {0, false, ""}}},
		{"no change", []step{{4, true, ""}, {4, false, ""}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			th := harang.Thresholds{Warning: 5, Critical: 3}
			level := harang.NewLevel(10, th)
			for i, s := range tc.steps {
				var got harang.Severity
				if level, got = level.Change(s.quantity, th, s.silenced); got != s.want {
					t.Fatalf("step %d to %d announced %q, want %q", i+1, s.quantity, got, s.want)
				}
				if level.Quantity != s.quantity || level.Thresholds != th {
					t.Fatalf("step %d leaves %+v", i+1, level)
				}
			}
		})
	}

	raised := harang.NewLevel(4, harang.Thresholds{Warning: 4, Critical: 2})
	if next, got := raised.Change(4, harang.Thresholds{Warning: 6, Critical: 5}, false); got != critical ||
		next.Alerted != critical {
		t.Errorf("raising thresholds over the quantity announced %q", got)
	}
	short := harang.NewLevel(1, harang.Thresholds{Warning: 5, Critical: 3})
	if _, got := short.Change(0, short.Thresholds, false); got != "" {
		t.Errorf("a new item that is short announced %q when it got shorter", got)
	}
	if next, got := short.Change(1, harang.Thresholds{}, false); got != "" || next.Alerted != harang.SeverityOK {
		t.Errorf("thresholds of 0 announced %q and left %+v", got, next)
	}
}

// TestLevel_Properties: without silencing, an alert is announced exactly when the
// severity gets worse; with silencing, never for an improvement, never twice for
// one level, and the announced severity is never worse than the present one.
func TestLevel_Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() (int64, harang.Thresholds) {
			critical := rapid.Int64Range(0, 5).Draw(t, "critical")
			warning := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(critical, 8)).Draw(t, "warning")
			return rapid.Int64Range(0, 10).Draw(t, "quantity"), harang.Thresholds{Warning: warning, Critical: critical}
		}
		level := harang.NewLevel(draw())
		quiet := rapid.Bool().Draw(t, "quiet")
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			q, th := draw()
			if rapid.Bool().Draw(t, "same thresholds") {
				th = level.Thresholds
			}
			silenced := quiet && rapid.Bool().Draw(t, "silenced")
			next, announced := level.Change(q, th, silenced)
			before, after := level.Severity(), next.Severity()
			switch {
			case announced != "" && (announced != after || after.Rank() < before.Rank() ||
				after.Rank() <= level.Alerted.Rank() || silenced):
				t.Fatalf("%+v to %d %+v announced %s", level, q, th, announced)
			case !quiet && (announced != "") != (after.Rank() > before.Rank()):
				t.Fatalf("%+v to %d %+v announced %q, severity went from %s to %s", level, q,
					th, announced, before, after)
			case next.Alerted.Rank() > after.Rank() || (announced != "" && next.Alerted != announced):
				t.Fatalf("%+v to %d %+v leaves %+v", level, q, th, next)
			}
			level = next
		}
	})
}

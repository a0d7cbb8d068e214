package harang_test

import (
	"testing"

	"pgregory.net/rapid"

	"harang.dev/harang"
)

func TestThresholds_Severity(t *testing.T) {
	for _, tc := range []struct {
		warning, critical, quantity int64
		want                        harang.Severity
	}{
		{5, 3, 5, harang.SeverityOK}, {5, 3, 4, harang.SeverityWarning}, {5, 3, 3, harang.SeverityWarning},
		{5, 3, 2, harang.SeverityCritical}, {5, 3, 0, harang.SeverityCritical},
		{3, 3, 2, harang.SeverityCritical}, {3, 3, 3, harang.SeverityOK},
		{0, 0, 0, harang.SeverityOK}, {5, 0, 0, harang.SeverityWarning}, {0, 3, 2, harang.SeverityCritical},
	} {
		th := harang.Thresholds{Warning: tc.warning, Critical: tc.critical}
		if got := th.Severity(tc.quantity); got != tc.want {
			t.Errorf("%d of %+v is %s, want %s", tc.quantity, th, got, tc.want)
		}
	}
}

// TestThresholds_Monotonic: fewer pieces are never better.
func TestThresholds_Monotonic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		critical := rapid.Int64Range(0, 50).Draw(t, "critical")
		th := harang.Thresholds{
			Critical: critical,
			Warning:  rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(critical, 100)).Draw(t, "warning"),
		}
		if len(th.Check()) > 0 {
			t.Fatalf("%+v is refused", th)
		}
		q := rapid.Int64Range(0, 120).Draw(t, "quantity")
		now, more := th.Severity(q), th.Severity(q+1)
		if more.Rank() > now.Rank() {
			t.Fatalf("%d is %s but %d is %s", q, now, q+1, more)
		}
		if now != harang.SeverityOK && q >= th.Of(now) {
			t.Fatalf("%s at %d although the threshold is %d", now, q, th.Of(now))
		}
	})
}

func TestThresholds_Check(t *testing.T) {
	for _, th := range []harang.Thresholds{{Warning: 2, Critical: 3}, {Warning: -1}, {Critical: -1},
		{Warning: harang.MaxQuantity + 1}} {
		if len(th.Check()) == 0 {
			t.Errorf("%+v passes", th)
		}
	}
	if (harang.Thresholds{Warning: 1}).Of(harang.SeverityOK) != 0 {
		t.Error("OK has a threshold")
	}
}

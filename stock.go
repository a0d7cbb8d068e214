package harang

// Severity is how badly a product is short at a place.
type Severity string

// The severities, and what the page calls them: rendben, alacsony, kritikus.
const (
	SeverityOK       Severity = "OK"
	SeverityWarning  Severity = "WARNING"
	SeverityCritical Severity = "CRITICAL"
)

// Rank orders severities: OK 0, WARNING 1, CRITICAL 2; higher is worse.
func (s Severity) Rank() int {
	switch s {
	case SeverityWarning:
		return 1
	case SeverityCritical:
		return 2
	}
	return 0
}

// Thresholds are the limits of one stock item, in pieces. A threshold of 0
// never alerts. Warning is 0 or at least Critical.
type Thresholds struct {
	Warning  int64
	Critical int64
}

// Check returns the fields that are wrong.
func (t Thresholds) Check() []FieldError {
	var c checker
	c.between("warningThreshold", t.Warning, 0, MaxQuantity)
	c.between("criticalThreshold", t.Critical, 0, MaxQuantity)
	if len(c) == 0 && t.Warning != 0 && t.Warning < t.Critical {
		c.add("warningThreshold", "must be 0 or at least the critical threshold")
	}
	return c
}

// Severity judges a quantity: CRITICAL below the critical threshold, else
// WARNING below the warning threshold, else OK.
func (t Thresholds) Severity(quantity int64) Severity {
	switch {
	case quantity < t.Critical:
		return SeverityCritical
	case quantity < t.Warning:
		return SeverityWarning
	}
	return SeverityOK
}

// Of returns the threshold of the level s; 0 for OK.
func (t Thresholds) Of(s Severity) int64 {
	switch s {
	case SeverityCritical:
		return t.Critical
	case SeverityWarning:
		return t.Warning
	}
	return 0
}

package httpapi

import (
	"context"
	"strings"
	"unicode"

	"harang.dev/harang"
)

// counterBody is what the screen on a wall shows.
type counterBody struct {
	Time         instant              `json:"time" doc:"when it was so"`
	TenantName   string               `json:"tenantName"`
	Name         string               `json:"name" doc:"of the display, or of the user"`
	Location     orNull[locationName] `json:"location" doc:"the location that is shown; null for all"`
	Alerts       []counterAlert       `json:"alerts" nullable:"false" doc:"stock items below a threshold, the newest first"`
	AlertCount   int64                `json:"alertCount"`
	Returns      []counterReturn      `json:"returns" nullable:"false" doc:"rentals that are due today, by time"`
	ReturnCount  int64                `json:"returnCount"`
	Overdue      []counterReturn      `json:"overdue" nullable:"false" doc:"rentals that were due on an earlier day, the latest first"`
	OverdueCount int64                `json:"overdueCount"`
}

// locationName is a location by name.
type locationName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// counterAlert is a stock item below a threshold.
type counterAlert struct {
	ProductID    string          `json:"productId"`
	ProductName  string          `json:"productName"`
	LocationID   string          `json:"locationId"`
	LocationName string          `json:"locationName"`
	Severity     harang.Severity `json:"severity" enum:"CRITICAL,WARNING"`
	Quantity     int64           `json:"quantity" doc:"available pieces"`
	Threshold    int64           `json:"threshold" doc:"the threshold of the severity"`
	Since        instant         `json:"since" doc:"when the severity became what it is"`
	ExpectedAt   orNull[instant] `json:"expectedAt" doc:"when ordered pieces are expected"`
	Claimed      bool            `json:"claimed" doc:"somebody takes care of it"`
}

// counterReturn is a rental without anything that names its customer.
type counterReturn struct {
	ID             string        `json:"id"`
	Initials       string        `json:"initials" doc:"of the customer, three at most"`
	LocationID     string        `json:"locationId"`
	LocationName   string        `json:"locationName"`
	DueAt          instant       `json:"dueAt"`
	EquipmentCount int64         `json:"equipmentCount" doc:"pieces that are out"`
	Lines          []counterLine `json:"lines" nullable:"false" doc:"products of which pieces are out"`
}

type counterLine struct {
	ProductName string `json:"productName"`
	Quantity    int64  `json:"quantity" doc:"pieces that are out"`
}

type counterOutput struct{ Body counterBody }

func (a *API) counter(ctx context.Context, caller harang.Identity, _ *none) (*counterOutput, error) {
	v, err := a.Counter.Find(ctx, caller)
	if err != nil {
		return nil, err
	}
	b := counterBody{
		Time: instant(v.At), TenantName: caller.TenantName, Name: caller.Name,
		Alerts: make([]counterAlert, len(v.Shortages)), AlertCount: v.ShortageCount,
		Returns: counterReturnsOf(v.Today), ReturnCount: v.TodayCount,
		Overdue: counterReturnsOf(v.Late), OverdueCount: v.LateCount,
	}
	if l := v.Location; l.ID != "" {
		b.Location = orNull[locationName]{&locationName{l.ID, l.Name}}
	}
	for i, s := range v.Shortages {
		b.Alerts[i] = counterAlert{
			ProductID: s.ProductID, ProductName: s.ProductName, LocationID: s.LocationID, LocationName: s.LocationName,
			Severity: s.Severity(), Quantity: s.Level.Quantity, Threshold: s.Level.Thresholds.Of(s.Severity()),
			Since: instant(s.Since), ExpectedAt: timeOrNull(s.ExpectedAt), Claimed: s.Claim != nil,
		}
	}
	return &counterOutput{b}, nil
}

func counterReturnsOf(rentals []harang.Rental) []counterReturn {
	all := make([]counterReturn, len(rentals))
	for i, r := range rentals {
		all[i] = counterReturn{
			ID: r.ID, Initials: initialsOf(r.PartnerName), LocationID: r.LocationID, LocationName: r.LocationName,
			DueAt: instant(r.Due), Lines: []counterLine{},
		}
		for _, l := range r.Lines {
			if l.Out() > 0 {
				all[i].EquipmentCount += l.Out()
				all[i].Lines = append(all[i].Lines, counterLine{l.ProductName, l.Out()})
			}
		}
	}
	return all
}

// maxInitials is how many words of a name have an initial.
const maxInitials = 3

// initialsOf are the first letters of a name's first words: "A. É. K." of "Alfa Építő Kft.".
func initialsOf(name string) string {
	var all []string
	for _, word := range strings.FieldsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		if len(all) == maxInitials {
			break
		}
		all = append(all, string(unicode.ToUpper([]rune(word)[0]))+".")
	}
	return strings.Join(all, " ")
}

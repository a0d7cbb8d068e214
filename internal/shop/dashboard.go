package shop

import (
	"context"

	"harang.dev/harang"
)

// Dashboard is the use case of the figures.
type Dashboard struct{ tools Tools }

// NewDashboard builds the use case of the figures.
func NewDashboard(t Tools) *Dashboard { return &Dashboard{t} }

// Summary returns the figures for the cards and charts; those about money are
// left out for who may not see them.
func (d *Dashboard) Summary(ctx context.Context, who harang.Identity) (harang.Summary, error) {
	var s harang.Summary
	if err := who.Can(harang.ActionReadSummary); err != nil {
		return s, err
	}
	var err error
	s.Stock, err = d.tools.Books.CountStock(ctx, who.Tenant)
	return s, err
}

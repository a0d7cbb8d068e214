package httpapi

import (
	"context"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// locationBody is a location.
type locationBody struct {
	ID           string                      `json:"id"`
	Name         string                      `json:"name"`
	OpeningHours orNull[harang.OpeningHours] `json:"openingHours" doc:"null when none are known"`
	Archived     bool                        `json:"archived" doc:"nothing is rented there any more; its rentals can be returned"`
}

// namedBody is a partner.
type namedBody struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Archived bool   `json:"archived" doc:"not offered any more; its rentals can be returned and paid"`
}

// productBody is a product.
type productBody struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	DailyPrice int64    `json:"dailyPrice" doc:"whole forints per day"`
	Barcodes   []string `json:"barcodes" nullable:"false" doc:"codes that a scanner reads from it"`
	Archived   bool     `json:"archived" doc:"not offered any more; its pieces can be returned and counted"`
}

func locationOf(l harang.Location) locationBody {
	return locationBody{l.ID, l.Name, orNull[harang.OpeningHours]{l.Hours}, l.Archived}
}

func partnerOf(p harang.Partner) namedBody { return namedBody{p.ID, p.Name, p.Archived} }
func productOf(p harang.Product) productBody {
	return productBody{p.ID, p.Name, p.DailyPrice, append([]string{}, p.Barcodes...), p.Archived}
}

// CatalogueListInput are the parameters of a list of the catalogue.
type CatalogueListInput struct {
	SearchInput
	ArchivedInput
}

func (in CatalogueListInput) query() harang.CatalogueQuery {
	return harang.CatalogueQuery{Search: in.Search, Archived: in.Archived, Cursor: in.Cursor, Limit: in.Limit}
}

func (a *API) listLocations(
	ctx context.Context, caller harang.Identity, in *CatalogueListInput,
) (*listOutput[locationBody], error) {
	page, err := a.Catalogue.Locations(ctx, caller, in.query())
	return &listOutput[locationBody]{listOf(page, locationOf)}, err
}

func (a *API) listPartners(
	ctx context.Context, caller harang.Identity, in *CatalogueListInput,
) (*listOutput[namedBody], error) {
	page, err := a.Catalogue.Partners(ctx, caller, in.query())
	return &listOutput[namedBody]{listOf(page, partnerOf)}, err
}

type productListInput struct {
	CatalogueListInput
	CodeInput
}

func (a *API) listProducts(
	ctx context.Context, caller harang.Identity, in *productListInput,
) (*listOutput[productBody], error) {
	q := in.query()
	q.Code = in.Code
	page, err := a.Catalogue.Products(ctx, caller, q)
	return &listOutput[productBody]{listOf(page, productOf)}, err
}

type productPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) findProduct(ctx context.Context, caller harang.Identity, in *productPath) (*productOutput, error) {
	p, err := a.Catalogue.Product(ctx, caller, in.ID)
	return &productOutput{productOf(p)}, err
}

// putInput creates or changes something that has an id chosen by the caller and a
// name.
type putInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Archived *bool  `json:"archived,omitempty" doc:"absent: as before"`
	}
}

type namedOutput struct{ Body namedBody }

type putLocationInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name         string                        `json:"name" minLength:"1" maxLength:"200"`
		OpeningHours optional[harang.OpeningHours] `json:"openingHours,omitempty" required:"false" doc:"absent: they stay; null removes them"`
		Archived     *bool                         `json:"archived,omitempty" doc:"absent: as before"`
	}
}

type locationOutput struct{ Body locationBody }

func (a *API) putLocation(
	ctx context.Context, caller harang.Identity, in *putLocationInput,
) (*locationOutput, error) {
	hours := in.Body.OpeningHours
	if hours.value != nil && hours.value.Closed == nil {
		hours.value.Closed = []string{}
	}
	l, err := a.Catalogue.ChangeLocation(ctx, caller, shop.LocationChange{
		ID: in.ID, Name: &in.Body.Name, Hours: hours.value, ChangeHours: hours.set, Archived: in.Body.Archived,
	})
	return &locationOutput{locationOf(l)}, err
}

func (a *API) putPartner(ctx context.Context, caller harang.Identity, in *putInput) (*namedOutput, error) {
	p, err := a.Catalogue.ChangePartner(ctx, caller, shop.PartnerChange{
		ID: in.ID, Name: &in.Body.Name, Archived: in.Body.Archived,
	})
	return &namedOutput{partnerOf(p)}, err
}

type putProductInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name       string    `json:"name" minLength:"1" maxLength:"200"`
		DailyPrice int64     `json:"dailyPrice" minimum:"0" doc:"whole forints per day"`
		Barcodes   *[]string `json:"barcodes,omitempty" maxItems:"20" doc:"absent: as before; each is one product's only"`
		Archived   *bool     `json:"archived,omitempty" doc:"absent: as before"`
	}
}

type productOutput struct{ Body productBody }

func (a *API) putProduct(ctx context.Context, caller harang.Identity, in *putProductInput) (*productOutput, error) {
	p, err := a.Catalogue.ChangeProduct(ctx, caller, shop.ProductChange{
		ID: in.ID, Name: &in.Body.Name, DailyPrice: &in.Body.DailyPrice, Barcodes: in.Body.Barcodes,
		Archived: in.Body.Archived,
	})
	return &productOutput{productOf(p)}, err
}

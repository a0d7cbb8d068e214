package httpapi

import (
	"context"

	"harang.dev/harang"
)

// locationBody is a location.
type locationBody struct {
	ID           string                      `json:"id"`
	Name         string                      `json:"name"`
	OpeningHours orNull[harang.OpeningHours] `json:"openingHours" doc:"null when none are known"`
}

// namedBody is a partner.
type namedBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// productBody is a product.
type productBody struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	DailyPrice int64  `json:"dailyPrice" doc:"whole forints per day"`
}

func locationOf(l harang.Location) locationBody {
	return locationBody{l.ID, l.Name, orNull[harang.OpeningHours]{l.Hours}}
}

func partnerOf(p harang.Partner) namedBody   { return namedBody{p.ID, p.Name} }
func productOf(p harang.Product) productBody { return productBody{p.ID, p.Name, p.DailyPrice} }

func (a *API) listLocations(
	ctx context.Context, caller harang.Identity, in *SearchInput,
) (*listOutput[locationBody], error) {
	page, err := a.Catalogue.Locations(ctx, caller, harang.CatalogueQuery{Search: in.Search, Cursor: in.Cursor, Limit: in.Limit})
	return &listOutput[locationBody]{listOf(page, locationOf)}, err
}

func (a *API) listPartners(
	ctx context.Context, caller harang.Identity, in *SearchInput,
) (*listOutput[namedBody], error) {
	page, err := a.Catalogue.Partners(ctx, caller, harang.CatalogueQuery{Search: in.Search, Cursor: in.Cursor, Limit: in.Limit})
	return &listOutput[namedBody]{listOf(page, partnerOf)}, err
}

func (a *API) listProducts(
	ctx context.Context, caller harang.Identity, in *SearchInput,
) (*listOutput[productBody], error) {
	page, err := a.Catalogue.Products(ctx, caller, harang.CatalogueQuery{Search: in.Search, Cursor: in.Cursor, Limit: in.Limit})
	return &listOutput[productBody]{listOf(page, productOf)}, err
}

type productPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) findProduct(ctx context.Context, caller harang.Identity, in *productPath) (*productOutput, error) {
	p, err := a.Catalogue.Product(ctx, caller, in.ID)
	return &productOutput{productOf(p)}, err
}

// putInput creates or replaces something that has an id chosen by the caller and a
// name.
type putInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200"`
	}
}

type namedOutput struct{ Body namedBody }

type putLocationInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name         string                        `json:"name" minLength:"1" maxLength:"200"`
		OpeningHours optional[harang.OpeningHours] `json:"openingHours,omitempty" required:"false" doc:"absent: they stay; null removes them"`
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
	l, err := a.Catalogue.ReplaceLocation(ctx, caller,
		harang.Location{ID: in.ID, Name: in.Body.Name, Hours: hours.value}, hours.set)
	return &locationOutput{locationOf(l)}, err
}

func (a *API) putPartner(ctx context.Context, caller harang.Identity, in *putInput) (*namedOutput, error) {
	p := harang.Partner{ID: in.ID, Name: in.Body.Name}
	return &namedOutput{partnerOf(p)}, a.Catalogue.PutPartner(ctx, caller, p)
}

type putProductInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name       string `json:"name" minLength:"1" maxLength:"200"`
		DailyPrice int64  `json:"dailyPrice" minimum:"0" doc:"whole forints per day"`
	}
}

type productOutput struct{ Body productBody }

func (a *API) putProduct(ctx context.Context, caller harang.Identity, in *putProductInput) (*productOutput, error) {
	p := harang.Product{ID: in.ID, Name: in.Body.Name, DailyPrice: in.Body.DailyPrice}
	return &productOutput{productOf(p)}, a.Catalogue.PutProduct(ctx, caller, p)
}

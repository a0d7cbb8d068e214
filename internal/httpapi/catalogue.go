package httpapi

import (
	"context"

	"harang.dev/harang"
)

// namedBody is a place or a partner.
type namedBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// productBody is something that can be rented.
type productBody struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	DailyPrice int64  `json:"dailyPrice" doc:"whole forints for a day"`
}

func locationOf(l harang.Location) namedBody { return namedBody{l.ID, l.Name} }
func partnerOf(p harang.Partner) namedBody   { return namedBody{p.ID, p.Name} }
func productOf(p harang.Product) productBody { return productBody{p.ID, p.Name, p.DailyPrice} }

func (a *API) listLocations(ctx context.Context, id harang.Identity, in *SearchInput) (*listOutput[namedBody], error) {
	page, err := a.Catalogue.Locations(ctx, id, in.Search, in.Cursor, in.Limit)
	return &listOutput[namedBody]{listOf(page, locationOf)}, err
}

func (a *API) listPartners(ctx context.Context, id harang.Identity, in *SearchInput) (*listOutput[namedBody], error) {
	page, err := a.Catalogue.Partners(ctx, id, in.Search, in.Cursor, in.Limit)
	return &listOutput[namedBody]{listOf(page, partnerOf)}, err
}

func (a *API) listProducts(ctx context.Context, id harang.Identity, in *SearchInput) (*listOutput[productBody], error) {
	page, err := a.Catalogue.Products(ctx, id, in.Search, in.Cursor, in.Limit)
	return &listOutput[productBody]{listOf(page, productOf)}, err
}

// putInput creates or replaces something that has an id of the caller's and a
// name.
type putInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the caller's own id"`
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200"`
	}
}

type namedOutput struct{ Body namedBody }

func (a *API) putLocation(ctx context.Context, id harang.Identity, in *putInput) (*namedOutput, error) {
	l := harang.Location{ID: in.ID, Name: in.Body.Name}
	return &namedOutput{locationOf(l)}, a.Catalogue.PutLocation(ctx, id, l)
}

func (a *API) putPartner(ctx context.Context, id harang.Identity, in *putInput) (*namedOutput, error) {
	p := harang.Partner{ID: in.ID, Name: in.Body.Name}
	return &namedOutput{partnerOf(p)}, a.Catalogue.PutPartner(ctx, id, p)
}

type putProductInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the caller's own id"`
	Body struct {
		Name       string `json:"name" minLength:"1" maxLength:"200"`
		DailyPrice int64  `json:"dailyPrice" minimum:"0" doc:"whole forints for a day"`
	}
}

type productOutput struct{ Body productBody }

func (a *API) putProduct(ctx context.Context, id harang.Identity, in *putProductInput) (*productOutput, error) {
	p := harang.Product{ID: in.ID, Name: in.Body.Name, DailyPrice: in.Body.DailyPrice}
	return &productOutput{productOf(p)}, a.Catalogue.PutProduct(ctx, id, p)
}

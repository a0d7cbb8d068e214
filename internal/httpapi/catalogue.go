package httpapi

import (
	"context"
	"net/http"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// locationBody is a location.
type locationBody struct {
	ID           string                      `json:"id"`
	Name         string                      `json:"name"`
	OpeningHours orNull[harang.OpeningHours] `json:"openingHours" doc:"null when none are known"`
	RentalTerms  orNull[string]              `json:"rentalTerms" doc:"the conditions on the slips of its rentals, of one line or several; null for none"`
	Archived     bool                        `json:"archived" doc:"nothing is rented there any more; its rentals can be returned"`
}

// PartnerBody is a partner.
type PartnerBody struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Phone    orNull[string] `json:"phone" doc:"as it was written; null for none"`
	Email    orNull[string] `json:"email" doc:"null for none"`
	Note     orNull[string] `json:"note" doc:"of one line or several; null for none"`
	Archived bool           `json:"archived" doc:"not offered any more; its rentals can be returned and paid"`
}

// PartnerAccount is what the rentals of a partner come to.
type PartnerAccount struct {
	OwedAmount   int64           `json:"owedAmount" doc:"whole forints that its rentals still owe"`
	LastRentalAt orNull[instant] `json:"lastRentalAt" doc:"when its last rental was made; null for none"`
}

// partnerItemBody is a partner of a list.
type partnerItemBody struct {
	PartnerBody
	PartnerAccount
}

// onePartnerBody is one partner.
type onePartnerBody struct {
	PartnerBody
	PartnerAccount
	SamePhone
}

// savedPartnerBody is a partner that was created or changed.
type savedPartnerBody struct {
	PartnerBody
	SamePhone
}

// SamePhone are partners that may be the same customer.
type SamePhone struct {
	SamePhone []samePhoneBody `json:"samePhone" nullable:"false" doc:"other partners with this phone number, five at most: maybe the same customer"`
}

// samePhoneBody is a partner with the phone number of another.
type samePhoneBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
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
	return locationBody{l.ID, l.Name, orNull[harang.OpeningHours]{l.Hours}, textOrNull(l.RentalTerms), l.Archived}
}

func partnerOf(p harang.Partner) PartnerBody {
	return PartnerBody{p.ID, p.Name, textOrNull(p.Phone), textOrNull(p.Email), textOrNull(p.Note), p.Archived}
}

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

type partnerListInput struct {
	CatalogueListInput
	Phone string `query:"phone" maxLength:"40" doc:"partners with this phone number, however it is written; not with search"`
}

func (a *API) listPartners(
	ctx context.Context, caller harang.Identity, in *partnerListInput,
) (*listOutput[partnerItemBody], error) {
	q := in.query()
	q.Phone = in.Phone
	page, err := a.Catalogue.Partners(ctx, caller, q)
	if err != nil {
		return nil, err
	}
	accounts, err := a.Catalogue.PartnerAccounts(ctx, caller, page.Items)
	return &listOutput[partnerItemBody]{listOf(page, func(p harang.Partner) partnerItemBody {
		return partnerItemBody{partnerOf(p), partnerAccountOf(accounts[p.ID])}
	})}, err
}

func partnerAccountOf(account harang.PartnerAccount) PartnerAccount {
	return PartnerAccount{account.Owed, timeOrNull(account.LastRental)}
}

type onePartnerOutput struct{ Body onePartnerBody }

func (a *API) findPartner(ctx context.Context, caller harang.Identity, in *PartnerPath) (*onePartnerOutput, error) {
	p, err := a.Catalogue.Partner(ctx, caller, in.ID)
	if err != nil {
		return nil, err
	}
	accounts, err := a.Catalogue.PartnerAccounts(ctx, caller, []harang.Partner{p})
	if err != nil {
		return nil, err
	}
	same, err := a.samePhone(ctx, caller, p)
	return &onePartnerOutput{onePartnerBody{partnerOf(p), partnerAccountOf(accounts[p.ID]), same}}, err
}

type partnerRentalsInput struct {
	PartnerPath
	ListInput
}

func (a *API) listPartnerRentals(
	ctx context.Context, caller harang.Identity, in *partnerRentalsInput,
) (*listOutput[rentalBody], error) {
	page, err := a.Catalogue.RentalsOfPartner(ctx, caller, in.ID, in.Cursor, in.Limit)
	return &listOutput[rentalBody]{listOf(page, rentalOf)}, err
}

// savedPartner is the answer with a partner that was changed.
func (a *API) savedPartner(
	ctx context.Context, caller harang.Identity, p harang.Partner, err error,
) (*partnerOutput, error) {
	if err != nil {
		return nil, err
	}
	same, err := a.samePhone(ctx, caller, p)
	return &partnerOutput{savedPartnerBody{partnerOf(p), same}}, err
}

func (a *API) samePhone(ctx context.Context, caller harang.Identity, p harang.Partner) (SamePhone, error) {
	same, err := a.Catalogue.SamePhone(ctx, caller, p)
	b := SamePhone{make([]samePhoneBody, len(same))}
	for i, other := range same {
		b.SamePhone[i] = samePhoneBody{other.ID, other.Name}
	}
	return b, err
}

// PartnerContacts are a partner's members that may be absent. null and "" remove one.
type PartnerContacts struct {
	Phone optional[string] `json:"phone,omitempty" required:"false" maxLength:"40" doc:"digits, spaces and + - / ( ) .; absent: as before; null removes it"`
	Email optional[string] `json:"email,omitempty" required:"false" maxLength:"254" doc:"absent: as before; null removes it"`
	Note  optional[string] `json:"note,omitempty" required:"false" maxLength:"1000" doc:"line breaks are kept; absent: as before; null removes it"`
}

// change is a change of the contacts.
func (b PartnerContacts) change() shop.PartnerChange {
	text := func(o optional[string]) *string {
		if o.set && o.value == nil {
			return new("")
		}
		return o.value
	}
	return shop.PartnerChange{Phone: text(b.Phone), Email: text(b.Email), Note: text(b.Note)}
}

type newPartnerInput struct {
	KeyInput
	Body newPartnerBody
}

type newPartnerBody struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
	PartnerContacts
}

func (a *API) createPartner(
	ctx context.Context, caller harang.Identity, in *newPartnerInput,
) (*answerOutput[savedPartnerBody], error) {
	return runIdempotent(ctx, a, caller, shop.CreatePartnerRoute, in.KeyInput, in.Body, http.StatusCreated,
		func(id string) (savedPartnerBody, error) {
			change := in.Body.change()
			change.ID, change.Name = id, &in.Body.Name
			p, err := a.Catalogue.CreatePartner(ctx, caller, change)
			if err != nil {
				return savedPartnerBody{}, err
			}
			same, err := a.samePhone(ctx, caller, p)
			return savedPartnerBody{partnerOf(p), same}, err
		})
}

type editPartnerInput struct {
	ID   string `path:"id" maxLength:"128"`
	Body struct {
		Name *string `json:"name,omitempty" minLength:"1" maxLength:"200" doc:"absent: as before"`
		PartnerContacts
	}
}

func (a *API) editPartner(ctx context.Context, caller harang.Identity, in *editPartnerInput) (*partnerOutput, error) {
	change := in.Body.change()
	change.ID, change.Name = in.ID, in.Body.Name
	p, err := a.Catalogue.EditPartner(ctx, caller, change)
	return a.savedPartner(ctx, caller, p, err)
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

type putPartnerInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200"`
		PartnerContacts
		Archived *bool `json:"archived,omitempty" doc:"absent: as before"`
	}
}

type partnerOutput struct{ Body savedPartnerBody }

type putLocationInput struct {
	ID   string `path:"id" maxLength:"128" doc:"the id, chosen by the caller"`
	Body struct {
		Name         string                        `json:"name" minLength:"1" maxLength:"200"`
		OpeningHours optional[harang.OpeningHours] `json:"openingHours,omitempty" required:"false" doc:"absent: they stay; null removes them"`
		RentalTerms  *string                       `json:"rentalTerms,omitempty" maxLength:"4000" doc:"absent: they stay; \"\" removes them"`
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
		RentalTerms: in.Body.RentalTerms,
	})
	return &locationOutput{locationOf(l)}, err
}

func (a *API) putPartner(ctx context.Context, caller harang.Identity, in *putPartnerInput) (*partnerOutput, error) {
	change := in.Body.change()
	change.ID, change.Name, change.Archived = in.ID, &in.Body.Name, in.Body.Archived
	p, err := a.Catalogue.ChangePartner(ctx, caller, change)
	return a.savedPartner(ctx, caller, p, err)
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

package httpapi

import (
	"context"
	"net/http"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// StockBody is the stock of a product at a location.
type StockBody struct {
	ProductID         string          `json:"productId"`
	ProductName       string          `json:"productName"`
	LocationID        string          `json:"locationId"`
	LocationName      string          `json:"locationName"`
	Quantity          int64           `json:"quantity" doc:"available pieces"`
	WarningThreshold  int64           `json:"warningThreshold" doc:"WARNING below it; 0: never"`
	CriticalThreshold int64           `json:"criticalThreshold" doc:"CRITICAL below it; 0: never"`
	Severity          harang.Severity `json:"severity" enum:"CRITICAL,WARNING,OK"`
	ExpectedAt        orNull[instant] `json:"expectedAt" doc:"when ordered pieces are expected"`
	Archived          bool            `json:"archived" doc:"the product or the location is archived: no alerts"`
}

func stockOf(i harang.StockItem) StockBody {
	return StockBody{
		ProductID: i.ProductID, ProductName: i.ProductName, LocationID: i.LocationID, LocationName: i.LocationName,
		Quantity: i.Level.Quantity, WarningThreshold: i.Level.Thresholds.Warning,
		CriticalThreshold: i.Level.Thresholds.Critical,
		Severity:          i.Severity(), ExpectedAt: timeOrNull(i.ExpectedAt),
		Archived: i.Archived,
	}
}

// alertBody is a stock item below a threshold.
type alertBody struct {
	StockBody
	Since   instant           `json:"since" doc:"when the severity became what it is"`
	EventID *string           `json:"eventId" doc:"the last alert of this shortage; null when there was none"`
	Claim   orNull[claimBody] `json:"claim" doc:"who claimed it; null when nobody did"`
}

func alertOf(s harang.StockShortage) alertBody {
	b := alertBody{StockBody: stockOf(s.StockItem), Since: instant(s.Since), Claim: claimOrNull(s.Claim)}
	if s.EventID != "" {
		b.EventID = &s.EventID
	}
	return b
}

// stockListBody is a stock item with what a shop wants to know beside its quantity.
type stockListBody struct {
	StockBody
	DailyPrice int64    `json:"dailyPrice" doc:"whole forints per piece and day"`
	Barcodes   []string `json:"barcodes" nullable:"false"`
	Out        *int64   `json:"out,omitempty" doc:"pieces that are reserved or with partners; only with out=true"`
}

func stockListOf(i harang.StockListItem) stockListBody {
	return stockListBody{
		StockBody: stockOf(i.StockItem), DailyPrice: i.DailyPrice, Barcodes: append([]string{}, i.Barcodes...),
	}
}

type stockListInput struct {
	SearchInput
	ArchivedInput
	CodeInput
	Severity   harang.Severity  `query:"severity" enum:"CRITICAL,WARNING,OK"`
	LocationID string           `query:"locationId" maxLength:"128"`
	Out        bool             `query:"out" doc:"count the pieces that are reserved or with partners"`
	Sort       harang.StockSort `query:"sort" enum:"name,-severity" doc:"name when absent, and with code; -severity has the worst first"`
}

func (a *API) listStock(
	ctx context.Context, caller harang.Identity, in *stockListInput,
) (*listOutput[stockListBody], error) {
	page, err := a.Inventory.Stock(ctx, caller, harang.StockQuery{
		Search: in.Search, Code: in.Code, Severity: in.Severity, LocationID: in.LocationID, Archived: in.Archived,
		Out: in.Out, Sort: in.Sort, Cursor: in.Cursor, Limit: in.Limit,
	})
	return &listOutput[stockListBody]{listOf(page, func(i harang.StockListItem) stockListBody {
		b := stockListOf(i)
		if in.Out {
			b.Out = &i.Out
		}
		return b
	})}, err
}

// stockReturnBody is an open rental with pieces of a stock item.
type stockReturnBody struct {
	RentalID    string              `json:"rentalId"`
	PartnerID   string              `json:"partnerId"`
	PartnerName string              `json:"partnerName"`
	Status      harang.RentalStatus `json:"status" enum:"OPEN,OVERDUE"`
	Quantity    int64               `json:"quantity" doc:"pieces that are still out"`
	DueAt       instant             `json:"dueAt"`
}

type stockReturnsInput struct {
	StockPath
	ListInput
}

func (a *API) stockReturns(
	ctx context.Context, caller harang.Identity, in *stockReturnsInput,
) (*listOutput[stockReturnBody], error) {
	page, err := a.Inventory.Returns(ctx, caller, in.ProductID, in.LocationID, in.Cursor, in.Limit)
	return &listOutput[stockReturnBody]{listOf(page, func(r harang.StockReturn) stockReturnBody {
		return stockReturnBody{r.RentalID, r.PartnerID, r.PartnerName, r.Status, r.Quantity, instant(r.Due)}
	})}, err
}

func (a *API) listAlerts(ctx context.Context, caller harang.Identity, in *ListInput) (*listOutput[alertBody], error) {
	page, err := a.Inventory.Alerts(ctx, caller, in.Cursor, in.Limit)
	return &listOutput[alertBody]{listOf(page, alertOf)}, err
}

type stockOutput struct{ Body StockBody }

type adjustInput struct {
	KeyInput
	Body adjustBody
}

type adjustBody struct {
	ProductID  string `json:"productId" maxLength:"128"`
	LocationID string `json:"locationId" maxLength:"128"`
	Delta      int64  `json:"delta" doc:"pieces added (positive) or removed (negative); not 0"`
	Reason     string `json:"reason" minLength:"1" maxLength:"200"`
}

func (a *API) adjustStock(
	ctx context.Context, caller harang.Identity, in *adjustInput,
) (*answerOutput[StockBody], error) {
	const route = "POST /inventory/adjustments"
	return runIdempotent(ctx, a, caller, route, in.KeyInput, in.Body, http.StatusOK,
		func(movement string) (StockBody, error) {
			item, err := a.Inventory.Adjust(ctx, caller, shop.Adjustment{
				ID: movement, ProductID: in.Body.ProductID, LocationID: in.Body.LocationID,
				Delta: in.Body.Delta, Reason: in.Body.Reason,
			})
			return stockOf(item), err
		})
}

// StockPath identifies a stock item in a path.
type StockPath struct {
	ProductID  string `path:"productId" maxLength:"128"`
	LocationID string `path:"locationId" maxLength:"128"`
}

type stockListOutput struct{ Body stockListBody }

func (a *API) findStock(ctx context.Context, caller harang.Identity, in *StockPath) (*stockListOutput, error) {
	item, err := a.Inventory.Item(ctx, caller, in.ProductID, in.LocationID)
	return &stockListOutput{stockListOf(item)}, err
}

type changeStockInput struct {
	StockPath
	Body struct {
		WarningThreshold  *int64       `json:"warningThreshold,omitempty" minimum:"0"`
		CriticalThreshold *int64       `json:"criticalThreshold,omitempty" minimum:"0"`
		ExpectedAt        optionalText `json:"expectedAt,omitempty" required:"false"`
	}
}

func (a *API) changeStock(ctx context.Context, caller harang.Identity, in *changeStockInput) (*stockOutput, error) {
	change := shop.LevelChange{
		WarningThreshold: in.Body.WarningThreshold, CriticalThreshold: in.Body.CriticalThreshold,
		ClearExpected: in.Body.ExpectedAt.set && in.Body.ExpectedAt.null,
	}
	if in.Body.ExpectedAt.set && !in.Body.ExpectedAt.null {
		day, err := shop.ParseDay("expectedAt", in.Body.ExpectedAt.text)
		if err != nil {
			return nil, err
		}
		change.ExpectedAt = &day
	}
	item, err := a.Inventory.SetLevel(ctx, caller, in.ProductID, in.LocationID, change)
	return &stockOutput{stockOf(item)}, err
}

type putStockInput struct {
	StockPath
	Body struct {
		Quantity          int64 `json:"quantity" minimum:"0"`
		WarningThreshold  int64 `json:"warningThreshold,omitempty" minimum:"0" doc:"0 when absent"`
		CriticalThreshold int64 `json:"criticalThreshold,omitempty" minimum:"0" doc:"0 when absent"`
	}
}

func (a *API) putStock(ctx context.Context, caller harang.Identity, in *putStockInput) (*stockOutput, error) {
	item, err := a.Catalogue.PutStock(ctx, caller, in.ProductID, in.LocationID, shop.StockPut{
		Quantity: in.Body.Quantity, WarningThreshold: in.Body.WarningThreshold,
		CriticalThreshold: in.Body.CriticalThreshold,
	})
	return &stockOutput{stockOf(item)}, err
}

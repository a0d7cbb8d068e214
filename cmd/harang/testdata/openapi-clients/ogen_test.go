package clients_test

import (
	"context"
	"os"
	"testing"

	"github.com/ogen-go/ogen/ogenerrors"

	"harang.dev/harang/openapi-clients/ogen"
)

// credential is an access token, an API key or neither.
type credential struct{ token, key string }

func (c credential) AccessToken(context.Context, ogen.OperationName) (ogen.AccessToken, error) {
	if c.token == "" {
		return ogen.AccessToken{}, ogenerrors.ErrSkipClientSecurity
	}
	return ogen.AccessToken{Token: c.token}, nil
}

func (c credential) ApiKey(context.Context, ogen.OperationName) (ogen.ApiKey, error) {
	if c.key == "" {
		return ogen.ApiKey{}, ogenerrors.ErrSkipClientSecurity
	}
	return ogen.ApiKey{Token: c.key}, nil
}

func (credential) Cookie(context.Context, ogen.OperationName) (ogen.Cookie, error) {
	return ogen.Cookie{}, ogenerrors.ErrSkipClientSecurity
}

// answer fails unless a call had an answer of type T.
func answer[T any](t *testing.T, call string, got any, err error) T {
	t.Helper()
	value, ok := got.(T)
	if err != nil || !ok {
		t.Fatalf("%s: %v %T %+v", call, err, got, got)
	}
	return value
}

// TestOgen logs in, lists stock, sends an event and reads it as a notification with the client of ogen.
func TestOgen(t *testing.T) {
	ctx := t.Context()
	client := func(as credential) *ogen.Client {
		c, err := ogen.NewClient(os.Getenv("HARANG_URL"), as)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	res, err := client(credential{}).Login(ctx,
		&ogen.LoginInputBody{Email: os.Getenv("HARANG_EMAIL"), Password: os.Getenv("HARANG_PASSWORD")})
	grant := answer[*ogen.GrantBodyHeaders](t, "login", res, err)
	admin := client(credential{token: grant.Response.AccessToken})
	stockRes, err := admin.ListStock(ctx, ogen.ListStockParams{Limit: ogen.NewOptInt64(1)})
	stock := answer[*ogen.ListStockListBody](t, "stock", stockRes, err)
	if len(stock.Items) != 1 {
		t.Fatalf("stock: %+v", stock)
	}
	item := stock.Items[0]
	keyRes, err := admin.CreateApiKey(ctx, &ogen.CreateKeyInputBody{Name: "ogen"})
	key := answer[*ogen.CreatedKeyOutputBody](t, "API key", keyRes, err)

	want := ogen.StockAlertData{
		ProductId: item.ProductId, ProductName: item.ProductName, LocationId: item.LocationId,
		LocationName: item.LocationName, CurrentQuantity: 1, Threshold: 2,
		Severity: ogen.StockAlertDataSeverityCRITICAL,
	}
	event := ogen.NewStockAlertCloudEventCloudEvent(ogen.StockAlertCloudEvent{
		Specversion: ogen.StockAlertCloudEventSpecversion10, ID: "1", Source: "/ogen",
		Type: ogen.StockAlertCloudEventTypeStockAlert,
		Data: ogen.NewOptStockAlert(ogen.StockAlert{
			ProductId: want.ProductId, ProductName: want.ProductName, LocationId: want.LocationId,
			LocationName: want.LocationName, CurrentQuantity: 1, Threshold: 2,
			Severity: ogen.StockAlertSeverityCRITICAL,
		}),
	})
	sentRes, err := client(credential{key: key.Key}).SendEvents(ctx, &event)
	sent := answer[*ogen.SendEventsAccepted](t, "event", sentRes, err)
	listedRes, err := admin.ListNotifications(ctx, ogen.ListNotificationsParams{Limit: ogen.NewOptInt64(1)})
	listed := answer[*ogen.NotificationsOutputBody](t, "notifications", listedRes, err)
	if len(sent.Accepted) != 1 || len(listed.Items) != 1 {
		t.Fatalf("%+v %+v", sent, listed)
	}
	got, ok := listed.Items[0].GetStockAlertNotification()
	if !ok || got.EventId != sent.Accepted[0].EventId || got.Data != want {
		t.Errorf("notification: %+v", listed.Items[0])
	}
}

package clients_test

import (
	"context"
	"net/http"
	"os"
	"testing"

	"harang.dev/harang/openapi-clients/oapi"
)

// TestOAPICodegen logs in, lists stock, sends an event and reads it as a notification with the client of oapi-codegen.
func TestOAPICodegen(t *testing.T) {
	as := func(token string) oapi.ClientOption {
		return oapi.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			return nil
		})
	}
	client := func(token string) *oapi.ClientWithResponses {
		c, err := oapi.NewClientWithResponses(os.Getenv("HARANG_URL"), as(token))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	grant, err := client("").LoginWithResponse(t.Context(),
		oapi.LoginInputBody{Email: os.Getenv("HARANG_EMAIL"), Password: os.Getenv("HARANG_PASSWORD")})
	if err != nil || grant.JSON200 == nil {
		t.Fatalf("login: %v %+v", err, grant)
	}
	admin := client(grant.JSON200.AccessToken)
	limit := int64(1)
	stock, err := admin.ListStockWithResponse(t.Context(), &oapi.ListStockParams{Limit: &limit})
	if err != nil || stock.JSON200 == nil || len(stock.JSON200.Items) != 1 {
		t.Fatalf("stock: %v %+v", err, stock)
	}
	item := stock.JSON200.Items[0]
	key, err := admin.CreateApiKeyWithResponse(t.Context(), oapi.CreateKeyInputBody{Name: "oapi-codegen"})
	if err != nil || key.JSON201 == nil {
		t.Fatalf("API key: %v %+v", err, key)
	}

	want := oapi.StockAlertData{
		ProductId: item.ProductId, ProductName: item.ProductName, LocationId: item.LocationId,
		LocationName: item.LocationName, CurrentQuantity: 1, Threshold: 2,
		Severity: oapi.StockAlertDataSeverityCRITICAL,
	}
	var event oapi.CloudEvent
	if err := event.FromStockAlertCloudEvent(oapi.StockAlertCloudEvent{
		Specversion: "1.0", Id: "1", Source: "/oapi-codegen", Data: &oapi.StockAlert{
			ProductId: want.ProductId, ProductName: want.ProductName, LocationId: want.LocationId,
			LocationName: want.LocationName, CurrentQuantity: 1, Threshold: 2,
			Severity: oapi.StockAlertSeverityCRITICAL,
		},
	}); err != nil {
		t.Fatal(err)
	}
	sender := client(key.JSON201.Key)
	sent, err := sender.SendEventsWithApplicationCloudeventsPlusJSONBodyWithResponse(t.Context(), event)
	if err != nil || sent.JSON202 == nil || len(sent.JSON202.Accepted) != 1 {
		t.Fatalf("event: %v %+v", err, sent)
	}
	listed, err := admin.ListNotificationsWithResponse(t.Context(), &oapi.ListNotificationsParams{Limit: &limit})
	if err != nil || listed.JSON200 == nil || len(listed.JSON200.Items) != 1 {
		t.Fatalf("notifications: %v %+v", err, listed)
	}
	value, err := listed.JSON200.Items[0].ValueByDiscriminator()
	got, ok := value.(oapi.StockAlertNotification)
	if err != nil || !ok || got.EventId != sent.JSON202.Accepted[0].EventId || got.Data != want {
		t.Errorf("notification: %v %+v", err, value)
	}

	refused, err := client("").ListStockWithResponse(t.Context(), nil)
	if err != nil || refused.ApplicationproblemJSON401 == nil ||
		refused.ApplicationproblemJSON401.Code != "UNAUTHENTICATED" {
		t.Errorf("stock without a token: %v %+v", err, refused)
	}
}

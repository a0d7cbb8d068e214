package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
)

func TestStock_FromAdjustmentToAlertToClaim(t *testing.T) {
	e := newEnv(t)
	const adjust = `{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-2,"reason":"szervizben"}`
	item := e.as(harang.RoleOperator, "POST", "/inventory/adjustments", adjust).want(t, 200, "").json(t)
	if item["quantity"] != 2.0 || item["severity"] != "CRITICAL" || item["expectedAt"] != nil {
		t.Fatalf("%v", item)
	}
	alerts := e.as(harang.RoleOperator, "GET", "/inventory/alerts", "").want(t, 200, "").json(t)
	items, _ := alerts["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("%v", alerts)
	}
	alert, _ := items[0].(map[string]any)
	eventID, _ := alert["eventId"].(string)
	if eventID == "" || alert["since"] != "2026-03-02T13:00:00.000Z" || alert["claim"] != nil {
		t.Fatalf("%v", alert)
	}
	claim := "/notifications/" + eventID + "/claim"
	taken := e.as(harang.RoleOperator, "POST", claim, "").want(t, 200, "").json(t)
	if by, _ := taken["by"].(map[string]any); by["name"] != "Kiss Eszter" ||
		taken["at"] != "2026-03-02T13:00:00.000Z" ||
		taken["eventId"] != eventID {
		t.Fatalf("%v", taken)
	}
	e.as(harang.RoleOperator, "POST", claim, "").want(t, 200, "")
	p := e.as(harang.RoleStoreManager, "POST", claim, "").want(t, 409, harang.CodeAlreadyClaimed).json(t)
	if by, _ := p["by"].(map[string]any); by["name"] != "Kiss Eszter" {
		t.Fatalf("%v", p)
	}
	e.as(harang.RoleStoreManager, "DELETE", claim, "").want(t, 409, harang.CodeAlreadyClaimed)
	freed := e.as(harang.RoleOperator, "DELETE", claim, "").want(t, 200, "").json(t)
	if freed["by"] != nil {
		t.Fatalf("%v", freed)
	}
	// "Már megrendelve": a day, in whichever form; null clears.
	const path = "/inventory/stock/makita-hr2470/vaci-ut"
	for body, want := range map[string]any{
		`{"expectedAt":"2026-03-05"}`:                "2026-03-04T23:00:00.000Z",
		`{"expectedAt":"2026-03-05T10:00:00+01:00"}`: "2026-03-05T09:00:00.000Z",
		`{"expectedAt":null}`:                        nil,
	} {
		if got := e.as(harang.RoleOperator, "PATCH", path, body).want(t, 200, "").json(t)["expectedAt"]; got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

func TestNotifications_ReadAndSince(t *testing.T) {
	e := newEnv(t)
	for range 3 {
		for _, delta := range []string{"-2", "2"} {
			e.move(time.Second)
			e.as(harang.RoleOperator, "POST", "/inventory/adjustments",
				`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":`+delta+`,"reason":"r"}`).
				want(t, 200, "")
		}
	}
	list := func(query string) map[string]any {
		return e.as(harang.RoleStoreManager, "GET", "/notifications"+query, "").want(t, 200, "").json(t)
	}
	all := list("")
	items, _ := all["items"].([]any)
	if len(items) != 3 || all["unreadCount"] != 3.0 {
		t.Fatalf("%v", all)
	}
	id := func(i int) string {
		item, _ := items[i].(map[string]any)
		text, _ := item["eventId"].(string)
		return text
	}
	head, _ := all["head"].(string)
	if p, ok := harang.ParsePosition(head); !ok || p.Audience != harang.AudienceManagers || p.Number != 3 {
		t.Fatalf("head %q", head)
	}
	read := e.as(harang.RoleStoreManager, "POST", "/notifications/read", `{"eventIds":["`+id(0)+`","unknown"]}`).
		want(t, 200, "").
		json(t)
	if read["unreadCount"] != 2.0 || read["version"].(float64) <= all["version"].(float64) {
		t.Fatalf("%v", read)
	}
	if got := list("?unread=true"); len(got["items"].([]any)) != 2 {
		t.Fatalf("%v", got)
	}
	// Another person's list is another list.
	if got := e.as(harang.RoleAdmin, "GET", "/notifications", "").json(t); got["unreadCount"] != 3.0 {
		t.Fatalf("%v", got)
	}
	e.as(harang.RoleStoreManager, "POST", "/notifications/read", `{"upTo":"`+id(1)+`"}`).want(t, 200, "")
	if got := list(""); got["unreadCount"] != 0.0 {
		t.Fatalf("%v", got)
	}
	since := strings.TrimSuffix(head, "3") + "2"
	for query, want := range map[string]int{
		"?since=" + since: 1, "?since=" + head: 0, "?since=2026-03-02T13:00:01Z": 2, "?since=2030-01-01T00:00:00Z": 0,
		"?type=stock_alert": 3, "?type=payment_error": 0, "?limit=2": 2, "?severity=CRITICAL": 3, "?severity=INFO": 0,
		"?search=" + url.QueryEscape("makita VACI"): 3, "?search=nothing": 0,
	} {
		if got := list(query); len(got["items"].([]any)) != want {
			t.Errorf("%s: %v", query, got)
		}
	}
	if got := list("?search=makita")["filteredUnreadCount"]; got != 0.0 {
		t.Fatalf("%v unread", got)
	}
	if _, is := list("")["filteredUnreadCount"]; is {
		t.Fatal("without a filter there is a second count")
	}
	marked := e.as(harang.RoleAdmin, "POST", "/notifications/read", `{"filter":{"severity":"CRITICAL","search":"makita"}}`).
		want(t, 200, "").json(t)
	if marked["unreadCount"] != 0.0 || marked["more"] != false {
		t.Fatalf("%v", marked)
	}
	for body, query := range map[string]string{
		`{"filter":{"severity":"LOUD"}}`: "?severity=LOUD", `{"filter":{"type":"no type"}}`: "?type=no+type",
		`{"filter":{},"upTo":"x"}`: "?since=x",
	} {
		e.as(harang.RoleAdmin, "POST", "/notifications/read", body).want(t, 422, harang.CodeInvalidRequest)
		e.as(harang.RoleAdmin, "GET", "/notifications"+query, "").want(t, 422, harang.CodeInvalidRequest)
	}
	next, _ := list("?limit=2")["nextCursor"].(string)
	if got := list("?limit=2&cursor=" + next); len(got["items"].([]any)) != 1 || got["nextCursor"] != nil {
		t.Fatalf("%v", got)
	}
}

func TestCatalogue_OneCallersOwnIds(t *testing.T) {
	e := newEnv(t)
	for i, key := range []string{e.apiKey, e.tokens[harang.RoleAdmin]} {
		for _, call := range []string{
			`/locations/rakt%C3%A1r%201 {"name":"Raktár"}`, `/partners/p-1 {"name":"Pék Kft."}`,
			`/products/x%2Fy {"name":"Őrült fűrész","dailyPrice":100}`,
			`/inventory/stock/x%2Fy/rakt%C3%A1r%201 {"quantity":5,"warningThreshold":3,"criticalThreshold":1}`,
		} {
			path, body, _ := strings.Cut(call, " ")
			e.call(key, "PUT", "/api/v1"+path, body).want(t, 200, "")
		}
		got := e.as(harang.RoleOperator, "GET", "/inventory/stock?locationId=rakt%C3%A1r+1", "").want(t, 200, "")
		if !strings.Contains(
			string(got.body),
			`"productId":"x/y","productName":"Őrült fűrész","locationId":"raktár 1","locationName":"Raktár","quantity":5`,
		) {
			t.Fatalf("%d: %s", i, got.body)
		}
	}
	for query, want := range map[string]string{"?search=orult+FURESZ": "x/y", "?search=hr2470": "makita-hr2470"} {
		got := e.as(harang.RoleOperator, "GET", "/products"+query, "").want(t, 200, "")
		if strings.Count(string(got.body), `"id"`) != 1 || !strings.Contains(string(got.body), want) {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	// Page by page, everything once, in the order people expect.
	for i := range 7 {
		e.call(e.apiKey, "PUT", fmt.Sprintf("/api/v1/partners/q%d", i),
			fmt.Sprintf(`{"name":"%s"}`, []string{"Ábel", "Cs", "C", "Zs", "Z", "abc", "Őz"}[i])).
			want(t, 200, "")
	}
	var names []string
	for path := "/partners?limit=2"; path != ""; {
		page := e.as(harang.RoleOperator, "GET", path, "").want(t, 200, "").json(t)
		for _, item := range page["items"].([]any) {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		path = ""
		if next, ok := page["nextCursor"].(string); ok {
			path = "/partners?limit=2&cursor=" + next
		}
	}
	if got := strings.Join(names, ", "); got != "abc, Ábel, Alfa Építő Kft., C, Cs, Őz, Pék Kft., Z, Zs" {
		t.Fatal(got)
	}
}

func TestEvents_EveryWay(t *testing.T) {
	e := newEnv(t)
	const data = `{"rentalId":"r1","partnerId":"p","partnerName":"P","equipmentCount":2,"totalValue":100,"currency":"HUF"}`
	event := func(id string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"/erp","type":"rental_created","data":` + data + `}`
	}
	send := func(body string, headers ...string) reply {
		return e.call(e.apiKey, "POST", "/api/v1/events", body, headers...)
	}
	const structured, batch = "Content-Type: application/cloudevents+json",
		"Content-Type: application/cloudevents-batch+json; charset=utf-8"
	type accepted struct {
		id        string
		duplicate bool
	}
	for name, c := range map[string]struct {
		body    string
		headers []string
		want    []accepted
	}{
		"structured": {event("1"), []string{structured}, []accepted{{"1", false}}},
		"plain JSON": {event("2"), nil, []accepted{{"2", false}}},
		"batch": {"[" + event("3") + "," + event("4") + "," + event("3") + "]", []string{batch},
			[]accepted{{"3", false}, {"4", false}, {"3", true}}},
		"plain list":  {"[" + event("5") + "]", nil, []accepted{{"5", false}}},
		"empty batch": {"[]", []string{batch}, nil},
		"binary": {data, []string{"ce-specversion: 1.0", "ce-id: a%20b", "ce-source: /erp",
			"ce-type: rental_created", "ce-time: 2026-01-01T00:00:00Z"}, []accepted{{"a b", false}}},
		"as base64": {`{"specversion":"1.0","id":"6","source":"/erp","type":"rental_created","data_base64":"eyJyZW50YWxJZCI6InIxIiwicGFydG5lcklkIjoicCIsInBhcnRuZXJOYW1lIjoiUCIsImVxdWlwbWVudENvdW50IjoyLCJ0b3RhbFZhbHVlIjoxMDAsImN1cnJlbmN5IjoiSFVGIn0="}`, []string{structured}, []accepted{{"6", false}}},
		"with the rest": {strings.Replace(event("7"), `"data"`,
			`"subject":"s","traceparent":"00-x","datacontenttype":"application/json","data"`, 1), []string{structured},
			[]accepted{{"7", false}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := send(c.body, c.headers...).want(t, 202, "").json(t)
			list, ok := r["accepted"].([]any)
			if !ok || len(list) != len(c.want) {
				t.Fatalf("%v", r)
			}
			for i, want := range c.want {
				got, _ := list[i].(map[string]any)
				if got["id"] != want.id || got["duplicate"] != want.duplicate || got["eventId"] == "" {
					t.Errorf("%v, want %v", got, want)
				}
			}
		})
	}
	first := send(event("1")).want(t, 202, "").json(t)["accepted"].([]any)[0].(map[string]any)
	if first["duplicate"] != true {
		t.Fatalf("%v", first)
	}
	list := e.as(harang.RoleStoreManager, "GET", "/notifications", "").json(t)
	if got := len(list["items"].([]any)); got != 8 {
		t.Fatalf("%d events", got)
	}
	for name, c := range map[string]struct {
		body   string
		header string
		code   harang.Code
		fields string
	}{
		"unknown type": {strings.Replace(event("x"), "rental_created", "coffee_ready", 1), structured,
			harang.CodeInvalidRequest, "type"},
		"control type": {strings.Replace(event("x"), "rental_created", "control.logout", 1), structured,
			harang.CodeInvalidRequest, "type"},
		"reserved source": {strings.Replace(event("x"), "/erp", "harang:rentals", 1), structured,
			harang.CodeInvalidRequest, "source"},
		"no id": {event(""), structured, harang.CodeInvalidRequest, "id"},
		"other version": {strings.Replace(event("x"), "1.0", "0.3", 1), structured, harang.CodeInvalidRequest,
			"specversion"},
		"wrong time": {strings.Replace(event("x"), `"data"`, `"time":"noon","data"`, 1), structured,
			harang.CodeInvalidRequest, "time"},
		"other content": {strings.Replace(event("x"), `"data"`, `"datacontenttype":"text/xml","data"`, 1),
			structured, harang.CodeInvalidRequest, "datacontenttype"},
		"id as a number": {strings.Replace(event("x"), `"id":"x"`, `"id":5`, 1), structured,
			harang.CodeInvalidRequest, "id"},
		"no data": {`{"specversion":"1.0","id":"x","source":"/erp","type":"rental_created"}`, structured,
			harang.CodeInvalidRequest, "data"},
		"two data": {strings.Replace(event("x"), `"data"`, `"data_base64":"e30=","data"`, 1), structured,
			harang.CodeInvalidRequest, "data_base64"},
		"bad base64": {`{"specversion":"1.0","id":"x","source":"/erp","type":"rental_created","data_base64":"*"}`, structured, harang.CodeInvalidRequest, "data_base64"},
		"broken schema": {strings.Replace(event("x"), `"equipmentCount":2`, `"equipmentCount":"two"`, 1),
			structured, harang.CodeInvalidRequest, "data.equipmentCount"},
		"out of range": {strings.Replace(event("x"), `"equipmentCount":2`, `"equipmentCount":0`, 1), structured,
			harang.CodeInvalidRequest, "data.equipmentCount"},
		"unknown member": {strings.Replace(event("x"), `"rentalId"`, `"rental":1,"rentalId"`, 1), structured,
			harang.CodeInvalidRequest, "data.rental"},
		"no JSON": {"{", structured, harang.CodeInvalidRequest, "body"},
		"no list": {event("x"), batch, harang.CodeInvalidRequest, "body"},
		"one bad in a list": {"[" + event("x") + "," + strings.Replace(event("y"), `"totalValue":100`,
			`"totalValue":-1`, 1) + "]", batch, harang.CodeInvalidRequest, "1.data.totalValue"},
		"a list of junk": {"[" + event("x") + ",5]", batch, harang.CodeInvalidRequest, "1"},
		"over 16 KiB": {strings.Replace(event("x"), `"data"`, `"note":"`+strings.Repeat("x", 16<<10)+`","data"`,
			1), structured, harang.CodeEventTooLarge, ""},
		"too many": {"[" + strings.TrimSuffix(strings.Repeat(`{},`, 1001), ",") + "]", batch,
			harang.CodeInvalidRequest, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			r := send(c.body, c.header).want(t, 422, c.code)
			if got := r.fields(t); got != c.fields {
				t.Fatalf("fields %q, want %q: %s", got, c.fields, r.body)
			}
		})
	}
	for _, mediaType := range []string{"text/plain", ";;", "application/xml"} {
		send(event("x"), "Content-Type: "+mediaType).want(t, 415, harang.CodeUnsupportedMedia)
	}
	send(event("x"), structured, "Content-Encoding: gzip").want(t, 415, harang.CodeUnsupportedMedia)
	e.call(e.apiKey, "POST", "/api/v1/events?x=1", event("x"), structured).want(t, 422, harang.CodeInvalidRequest)
	big := send(strings.Replace(data, `"P"`, `"`+strings.Repeat("x", 17<<10)+`"`, 1), "ce-specversion: 1.0", "ce-id: x",
		"ce-source: /erp", "ce-type: rental_created")
	big.want(t, 422, harang.CodeEventTooLarge)
	// All or nothing: nothing of the refused ones is here.
	list = e.as(harang.RoleStoreManager, "GET", "/notifications", "").json(t)
	if got := len(list["items"].([]any)); got != 8 {
		t.Fatalf("%d events after refused ones", got)
	}
}

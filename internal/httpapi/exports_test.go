package httpapi_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/shop"
)

// TestExports: each list as a file, with its name; an import finds those of the catalogue untouched.
func TestExports(t *testing.T) {
	e := newEnv(t)
	e.as(harang.RoleOperator, "POST", "/rentals", `{"partnerId":"alfa-epito","locationId":"vaci-ut",`+
		`"dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":1}],`+
		`"payment":{"method":"CASH"}}`).want(t, 201, "")
	e.as(harang.RoleOperator, "PATCH", "/partners/alfa-epito",
		`{"phone":"+36 1 234 5678","email":"iroda@alfa.example"}`).want(t, 200, "")
	for name, want := range map[string]string{
		"stock": "productId;productName;dailyPrice;barcodes;locationId;locationName;quantity;" +
			"warningThreshold;criticalThreshold\r\n" +
			"makita-hr2470;Makita HR2470 fúrókalapács;4900;;vaci-ut;Váci út;3;5;3\r\n",
		"products": "productId;productName;dailyPrice;barcodes\r\nmakita-hr2470;Makita HR2470 fúrókalapács;4900;\r\n",
		"partners": "partnerId;partnerName;partnerPhone;partnerEmail;partnerNote\r\n" +
			"alfa-epito;Alfa Építő Kft.;'+36 1 234 5678;iroda@alfa.example;\r\n",
		"locations": "locationId;locationName\r\nvaci-ut;Váci út\r\n",
		"rentals": ";OPEN;alfa-epito;Alfa Építő Kft.;vaci-ut;Váci út;1 × Makita HR2470 fúrókalapács;1;" +
			"14700;14700;0;0;0;2026-03-02 14:00:00;2026-03-05 11:00:00;;Kiss Eszter;B-2026-000001\r\n",
		"payments": ";alfa-epito;Alfa Építő Kft.;14700;0;0;CASH;SUCCEEDED;;;" +
			"2026-03-02 14:00:00;2026-03-02 14:00:00;B-2026-000001\r\n",
	} {
		got := e.as(harang.RoleStoreManager, "GET", "/exports/"+name+".csv", "").want(t, 200, "")
		text, bom := strings.CutPrefix(string(got.body), "\ufeff")
		if !bom || !strings.HasSuffix(text, want) {
			t.Errorf("%s: %q, want the end %q", name, got.body, want)
		}
		if d := got.Header.Get("Content-Disposition"); d != `attachment; filename="harang-`+name+`-2026-03-02.csv"` {
			t.Errorf("%s: %s", name, d)
		}
		if media := got.Header.Get("Content-Type"); media != "text/csv; charset=utf-8; header=present" {
			t.Errorf("%s: %s", name, media)
		}
		if name == "rentals" || name == "payments" {
			continue
		}
		report := e.as(harang.RoleAdmin, "POST", "/imports", string(got.body), csvType).want(t, 200, "").json(t)
		if report["new"] != 0.0 || report["changed"] != 0.0 || report["untouched"] != 1.0 {
			t.Errorf("%s again: %v", name, report)
		}
	}
	e.as(harang.RoleOperator, "GET", "/exports/payments.csv", "").want(t, 403, harang.CodeForbidden)
	e.as(harang.RoleAdmin, "GET", "/exports/secrets.csv", "").want(t, 404, harang.CodeNotFound)
	e.as(harang.RoleAdmin, "GET", "/exports/stock.csv?severity=BAD", "").want(t, 422, harang.CodeInvalidRequest)
	if head := e.as(harang.RoleAdmin, "HEAD", "/exports/stock.csv", ""); head.StatusCode != 200 || len(head.body) != 0 {
		t.Errorf("HEAD: %d, %q", head.StatusCode, head.body)
	}
	for path, lines := range map[string]int{
		"stock.csv?severity=WARNING": 2, "stock.csv?severity=CRITICAL": 1, "stock.csv?archived=true": 1,
		"stock.csv?search=hr2470": 2, "stock.csv?locationId=none": 1,
		"locations.csv?search=vaci": 2, "locations.csv?search=none": 1, "locations.csv?archived=true": 1,
		"products.csv?search=hr2470": 2, "products.csv?archived=true": 1,
		"rentals.csv?out=true&dueFrom=2026-03-05&dueTo=2026-03-05": 2, "rentals.csv?dueTo=2026-03-04": 1,
		"rentals.csv?search=none": 1, "rentals.csv?owed=true": 1,
		"payments.csv?locationId=vaci-ut&from=2026-03-02": 2, "payments.csv?locationId=none": 1,
		"payments.csv?to=2026-03-01": 1, "payments.csv?search=none": 1,
	} {
		got := e.as(harang.RoleAdmin, "GET", "/exports/"+path, "").want(t, 200, "")
		if n := strings.Count(string(got.body), "\n"); n != lines {
			t.Errorf("%s: %d lines, want %d", path, n, lines)
		}
	}
	e.as(harang.RoleAdmin, "GET", "/exports/rentals.csv?dueFrom=soon", "").want(t, 422, harang.CodeInvalidRequest)
	e.as(harang.RoleAdmin, "GET", "/exports/payments.csv?from=soon", "").want(t, 422, harang.CodeInvalidRequest)
}

// TestExports_Filters: a file has what the list with the same parameters has, in the same
// order.
func TestExports_Filters(t *testing.T) {
	e := newEnv(t)
	for i, payment := range []string{
		`,"payment":{"method":"CASH"}`, ``, `,"payment":{"method":"CARD","cardToken":"tok_ok"}`,
	} {
		e.as(harang.RoleOperator, "POST", "/rentals", fmt.Sprintf(`{"partnerId":"alfa-epito","locationId":"vaci-ut",`+
			`"dueAt":"2026-03-%02dT10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":1}]%s}`, 9-i, payment)).
			want(t, 201, "")
		e.move(time.Minute)
	}
	names := map[string]string{"rentals": "id", "payments": "transactionId", "notifications": "eventId"}
	for list, queries := range map[string][]string{
		"rentals": {"", "owed=true", "out=true", "search=alfa", "search=nobody", "dueFrom=2026-03-08",
			"dueTo=2026-03-08", "dueFrom=2026-03-08&dueTo=2026-03-08&sort=dueAt", "sort=createdAt", "sort=-dueAt",
			"status=OPEN&locationId=vaci-ut", "locationId=none"},
		"payments": {"", "status=SUCCEEDED", "status=DECLINED", "locationId=vaci-ut", "locationId=none", "search=alfa",
			"search=nobody", "from=2026-03-02T13:01:00Z", "to=2026-03-02T13:01:00Z",
			"from=2026-03-03", "from=2026-03-02&to=2026-03-05"},
		"notifications": {"", "unread=true", "type=rental_created", "type=stock_alert", "locationId=vaci-ut",
			"locationId=none", "since=2026-03-02T13:00:30Z", "type=rental_created&locationId=vaci-ut&unread=true"},
	} {
		for _, query := range queries {
			var want []string
			for _, item := range e.as(harang.RoleStoreManager, "GET", "/"+list+"?"+query, "").want(t, 200, "").
				json(t)["items"].([]any) {
				id, _ := item.(map[string]any)[names[list]].(string)
				want = append(want, id)
			}
			file := e.as(harang.RoleStoreManager, "GET", "/exports/"+list+".csv?"+query, "").want(t, 200, "")
			var got []string
			for _, line := range strings.Split(strings.TrimSpace(string(file.body)), "\r\n")[1:] {
				id, _, _ := strings.Cut(line, ";")
				got = append(got, id)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s?%s: %v, want %v", list, query, got, want)
			}
		}
	}
	for _, path := range []string{"/exports/rentals.csv?dueFrom=x", "/exports/rentals.csv?sort=name",
		"/exports/rentals.csv?owed=true&status=OPEN", "/exports/payments.csv?from=2026-03-05&to=2026-03-01",
		"/exports/notifications.csv?type=control", "/exports/notifications.csv?since=soon",
		"/exports/notifications.csv?language=de"} {
		e.as(harang.RoleStoreManager, "GET", path, "").want(t, 422, harang.CodeInvalidRequest)
	}
}

// exportLines returns the cells of a file without its columns, by line.
func (e *env) exportLines(role harang.Role, path string) [][]string {
	e.t.Helper()
	file := e.as(role, "GET", "/exports/"+path, "").want(e.t, 200, "")
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.body, []byte("\ufeff"))))
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil {
		e.t.Fatal(err)
	}
	return lines[1:]
}

// TestExports_Notifications: a person's own list in words, with who took what and when, and without a next step where
// nothing is left to do.
func TestExports_Notifications(t *testing.T) {
	e := newEnv(t)
	pieces := `,"locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z",` +
		`"lines":[{"productId":"makita-hr2470","quantity":2}]`
	rental := e.as(harang.RoleOperator, "POST", "/rentals", `{"partnerId":"alfa-epito"`+pieces+
		`,"payment":{"method":"CARD","cardToken":"tok_insufficient_funds"}}`).want(t, 201, "").json(t)
	e.move(time.Minute)
	alert := e.exportLines(harang.RoleOperator, "notifications.csv")[0][0]
	e.as(harang.RoleOperator, "POST", "/notifications/"+alert+"/claim", "").want(t, 200, "")
	e.as(harang.RoleStoreManager, "POST", "/notifications/read", `{"eventIds":["`+alert+`"]}`).want(t, 200, "")
	want := func(role harang.Role, path string, want ...[]string) {
		t.Helper()
		got := e.exportLines(role, path)
		for i, line := range got {
			got[i] = line[1:] // without the id
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s of %s: %s", path, role, diff)
		}
	}
	at, later := "2026-03-02 14:00:00", "2026-03-02 14:01:00"
	failure := []string{at, "payment_error", "CRITICAL", "Fizetési hiba: Nincs elég fedezet a kártyán",
		"Alfa Építő Kft. · 29\u00a0400\u00a0Ft · kérjen másik kártyát", "vaci-ut", "Váci út",
		"", "", "", ""}
	low := []string{at, "stock_alert", "CRITICAL", "Kritikus készlethiány: Makita HR2470 fúrókalapács",
		"Váci út · 2 / 3 db · rendeljen utánpótlást",
		"vaci-ut", "Váci út", "", "Kiss Eszter", later, ""}
	want(harang.RoleOperator, "notifications.csv", low)
	want(harang.RoleOperator, "notifications.csv?type=payment_error")
	low[7] = later // the manager's
	want(harang.RoleStoreManager, "notifications.csv", failure, low)
	e.as(harang.RoleOperator, "POST", "/payments", fmt.Sprintf(`{"rentalId":%q,"amount":29400,"method":"CASH"}`,
		rental["id"])).want(t, 201, "")
	failure[4], failure[10] = "Alfa Építő Kft. · 29\u00a0400\u00a0Ft", later
	want(harang.RoleStoreManager, "notifications.csv?type=payment_error", failure)
	want(harang.RoleStoreManager, "notifications.csv?language=en",
		[]string{later, "rental_created", "INFO", "New rental: Alfa Építő Kft. - 2 items",
			"29,400\u00a0Ft · get the machines ready",
			"vaci-ut", "Váci út", "", "", "", ""},
		[]string{at, "payment_error", "CRITICAL", "Payment failed: There is not enough money on the card",
			"Alfa Építő Kft. · 29,400\u00a0Ft", "vaci-ut", "Váci út", "", "", "", later},
		[]string{at, "stock_alert", "CRITICAL", "Critical shortage: Makita HR2470 fúrókalapács",
			"Váci út · 2 of 3 · order more",
			"vaci-ut", "Váci út", later, "Kiss Eszter", later, ""})
}

// TestExports_Refunds: what was given back is in the files of rentals and payments.
func TestExports_Refunds(t *testing.T) {
	e := newEnv(t)
	rental := e.as(harang.RoleOperator, "POST", "/rentals", `{"partnerId":"alfa-epito","locationId":"vaci-ut",`+
		`"dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":2}],`+
		`"payment":{"method":"CASH"}}`).want(t, 201, "").json(t)
	e.as(harang.RoleOperator, "POST", fmt.Sprintf("/rentals/%s/return", rental["id"]),
		`{"lines":[{"productId":"makita-hr2470","quantity":1}],"credit":true}`).want(t, 200, "")
	for path, want := range map[string][]string{
		"rentals.csv":  {"2", "19600", "19600", "9800", "0", "0"},
		"payments.csv": {"29400", "9800", "0", "CASH", "SUCCEEDED"},
	} {
		line := e.exportLines(harang.RoleStoreManager, path)[0]
		if !strings.Contains(strings.Join(line, ";"), ";"+strings.Join(want, ";")+";") {
			t.Errorf("%s: %q, want %q in it", path, line, want)
		}
	}
}

// brokenList is a store whose list of partners fails from a page on.
type brokenList struct {
	shop.Store
	pages int
	// before is called before each reading. Nil means no call.
	before func()
}

func (s *brokenList) FindPartners(
	ctx context.Context, tenant string, q harang.CatalogueQuery,
) (harang.Page[harang.Partner], error) {
	if s.before != nil {
		s.before()
	}
	if s.pages--; s.pages < 0 {
		return harang.Page[harang.Partner]{}, harang.Errorf(harang.CodeUnavailable, "the database is not available")
	}
	return s.Store.FindPartners(ctx, tenant, q)
}

// heldList is a store whose list of partners is held up until gate is closed.
type heldList struct {
	shop.Store
	entered, gate chan struct{}
}

func (s *heldList) FindPartners(
	context.Context, string, harang.CatalogueQuery,
) (harang.Page[harang.Partner], error) {
	s.entered <- struct{}{}
	<-s.gate
	return harang.Page[harang.Partner]{}, nil
}

// TestExports_Slots: a tenant that downloads four files is asked to wait with the fifth, and only then; others are not.
func TestExports_Slots(t *testing.T) {
	list := &heldList{entered: make(chan struct{}), gate: make(chan struct{})}
	e := newEnv(t, func(o *httpapi.Options) { o.Exports = shop.New(shop.Options{Store: list}).Exports })
	list.Store = e.store
	other := e.login("admin@debrecen.demo")
	download := func(token string) reply { return e.call(token, "GET", "/api/v1/exports/partners.csv", "") }
	var all sync.WaitGroup
	begin := func(token string, n int) {
		for range n {
			all.Go(func() {
				if r := download(token); r.StatusCode != http.StatusOK {
					t.Errorf("%d %s", r.StatusCode, r.body)
				}
			})
		}
		for range n {
			<-list.entered
		}
	}
	for range 2 { // they are given back
		list.gate = make(chan struct{})
		begin(e.tokens[harang.RoleOperator], 3)
		begin(e.tokens[harang.RoleAdmin], 1)
		begin(other, 1)
		refused := download(e.tokens[harang.RoleAdmin]).want(t, 429, harang.CodeRateLimited)
		if refused.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		close(list.gate)
		all.Wait()
	}
}

// TestExports_LoginEnds: a file stops where its caller is disabled, is logged out or gets another role.
func TestExports_LoginEnds(t *testing.T) {
	for name, end := range map[string]func(*env, harang.Identity, harang.Identity) error{
		"disabled": func(e *env, admin, caller harang.Identity) error {
			_, err := e.auth.UpdateUser(t.Context(), admin, caller.UserID, auth.UserChange{Disabled: new(true)})
			return err
		},
		"role": func(e *env, admin, caller harang.Identity) error {
			role := harang.RoleOperator
			_, err := e.auth.UpdateUser(t.Context(), admin, caller.UserID, auth.UserChange{Role: &role})
			return err
		},
		"logout": func(e *env, _, caller harang.Identity) error { return e.auth.Logout(t.Context(), caller) },
	} {
		t.Run(name, func(t *testing.T) {
			list := &brokenList{pages: 100}
			e := newEnv(t, func(o *httpapi.Options) { o.Exports = shop.New(shop.Options{Store: list}).Exports })
			list.Store = e.store
			admin := harang.Identity{Tenant: "budapest", UserID: "a", Role: harang.RoleAdmin}
			for i := range harang.MaxPageLimit {
				p := harang.Partner{ID: fmt.Sprintf("p%d", i), Name: "P"}
				if err := e.options.Catalogue.PutPartner(t.Context(), admin, p); err != nil {
					t.Fatal(err)
				}
			}
			token := e.tokens[harang.RoleStoreManager]
			caller, err := e.auth.Authenticate(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			list.before = sync.OnceFunc(func() {
				if err := end(e, admin, caller); err != nil {
					t.Error(err)
				}
			})
			lines, err := e.export(t, "partners", token)
			if err == nil || lines != 1+harang.MaxPageLimit {
				t.Errorf("%d lines, %v", lines, err)
			}
		})
	}
}

// export reads a file and returns how many lines it has, and an error when it is not whole.
func (e *env) export(t *testing.T, list, token string) (lines int, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", e.server.URL+"/api/v1/exports/"+list+".csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	text, err := io.ReadAll(answer.Body)
	return strings.Count(string(text), "\n"), err
}

// TestExports_Broken: a file that cannot be read to its end is no whole file: a problem before it begins, a broken
// connection after that, also for HTTP/1.0; each is logged.
func TestExports_Broken(t *testing.T) {
	list, lines := &brokenList{}, make(lineWriter, 10)
	e := newEnv(t, func(o *httpapi.Options) {
		o.Exports, o.Logger = shop.New(shop.Options{Store: list}).Exports, slog.New(slog.NewTextHandler(lines, nil))
	})
	list.Store = e.store
	logged := func() {
		t.Helper()
		if line := <-lines; !strings.Contains(line, "path=/api/v1/exports/partners.csv status=503") {
			t.Error(line)
		}
	}
	e.as(harang.RoleOperator, "GET", "/exports/partners.csv", "").want(t, 503, harang.CodeUnavailable)
	logged()
	admin := harang.Identity{Tenant: "budapest", UserID: "a", Role: harang.RoleAdmin}
	for i := range harang.MaxPageLimit {
		p := harang.Partner{ID: fmt.Sprintf("p%d", i), Name: "P"}
		if err := e.options.Catalogue.PutPartner(t.Context(), admin, p); err != nil {
			t.Fatal(err)
		}
	}
	list.pages = 1
	n, err := e.export(t, "partners", e.tokens[harang.RoleAdmin])
	if err == nil || n != 1+harang.MaxPageLimit {
		t.Errorf("%d lines, %v", n, err)
	}
	logged()
	// An answer to HTTP/1.0 ends with its connection: only a reset says that it is not whole.
	list.pages = 1
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET /api/v1/exports/partners.csv HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n",
		e.tokens[harang.RoleAdmin]); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	logged()
}

// lineWriter is a log whose lines are received.
type lineWriter chan string

func (w lineWriter) Write(line []byte) (int, error) {
	w <- string(line)
	return len(line), nil
}

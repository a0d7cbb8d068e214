package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"harang.dev/harang"
)

// The bounds that every call keeps, whatever is sent to it: bytes of an error
// answer, and bytes allocated for a request of some size.
const (
	mostAnswered  = 16 << 10
	mostErrors    = 20
	mostAllocated = 1 << 20
	perByte       = 16
)

// worst is the largest error answer and the largest share of the memory allowed.
type worst struct {
	answer int
	share  float64
}

func (w worst) String() string {
	return fmt.Sprintf("largest error answer %d bytes, most memory %.0f %% of the bound", w.answer, 100*w.share)
}

// route is one call of the OpenAPI document.
type route struct {
	method, path string
	id           string
	queries      []string
	takesBody    bool
	mediaTypes   []string
	members      []string // of the body, also of its parts
	limit        int
}

// routesOf reads the calls under /api/ of the document.
func routesOf(t *testing.T, document []byte) []route {
	t.Helper()
	var spec struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
			RequestBody *struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(document, &spec); err != nil {
		t.Fatal(err)
	}
	members := regexp.MustCompile(`"properties":\{`)
	var all []route
	for path, methods := range spec.Paths {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		for method, op := range methods {
			r := route{
				method: strings.ToUpper(method),
				path:   regexp.MustCompile(`{\w+}`).ReplaceAllString(path, "x"),
				id:     op.OperationID,
			}
			for _, p := range op.Parameters {
				if p.In == "query" {
					r.queries = append(r.queries, p.Name)
				}
			}
			if op.RequestBody != nil {
				r.takesBody, r.limit = true, 64<<10
				for media, content := range op.RequestBody.Content {
					r.mediaTypes = append(r.mediaTypes, media)
					schema := string(content.Schema)
					for _, ref := range regexp.MustCompile(`#/components/schemas/(\w+)`).
						FindAllStringSubmatch(schema, -1) {
						schema += string(spec.Components.Schemas[ref[1]])
					}
					if members.MatchString(schema) {
						for _, name := range regexp.MustCompile(`"(\w+)":\{`).FindAllStringSubmatch(schema, -1) {
							r.members = append(r.members, name[1])
						}
					}
				}
				slices.Sort(r.members)
				r.members = slices.Compact(r.members)
			}
			switch r.id {
			case "login":
				r.limit = 4 << 10
			case "sendEvents":
				r.limit = 1 << 20
			case "importCatalogue":
				r.limit = 1 << 20
			}
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b route) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// filled repeats the parts that make returns until n bytes are full.
func filled(head, tail string, n int, make func(i int) string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; ; i++ {
		part := make(i)
		if i > 0 {
			part = "," + part
		}
		if b.Len()+len(part)+len(tail) > n {
			break
		}
		b.WriteString(part)
	}
	b.WriteString(tail)
	return b.String()
}

// hostileValues returns values of about n bytes that no call wants, made once for each n.
var hostileValues = func() func(n int) map[string]string {
	made := map[int]map[string]string{}
	return func(n int) map[string]string {
		if made[n] == nil {
			made[n] = makeHostileValues(n)
		}
		return made[n]
	}
}()

func makeHostileValues(n int) map[string]string {
	same := func(s string) func(int) string { return func(int) string { return s } }
	values := map[string]string{
		"numbers":            filled("[", "]", n, same("1")),
		"nulls":              filled("[", "]", n, same("null")),
		"empty strings":      filled("[", "]", n, same(`""`)),
		"empty objects":      filled("[", "]", n, same("{}")),
		"empty lists":        filled("[", "]", n, same("[]")),
		"objects of members": filled("[", "]", n, same(`{"a.":1,"b.":2}`)),
		"names with a dot":   filled("{", "}", n, func(i int) string { return fmt.Sprintf(`"m%d.":1`, i) }),
		"short names":        filled("{", "}", n, func(i int) string { return fmt.Sprintf(`"%x":1`, i) }),
		"names of controls": filled("{", "}", n,
			func(i int) string { return fmt.Sprintf(`"%s%d":1`, strings.Repeat(`\u0001`, 20), i) }),
		"long names": filled("{", "}", n,
			func(i int) string { return fmt.Sprintf(`"%s%d.":1`, strings.Repeat("x", 250), i) }),
		"one name, repeated":  filled("{", "}", n, same(`"a":1`)),
		"names in brackets":   filled("{", "}", n, func(i int) string { return fmt.Sprintf(`"[%d]":1`, i) }),
		"deep lists":          strings.Repeat("[", n/2) + strings.Repeat("]", n/2),
		"deep objects":        strings.Repeat(`{"a":`, n/6) + "1" + strings.Repeat("}", n/6),
		"lists without end":   strings.Repeat("[", n),
		"objects without end": strings.Repeat(`{"a":`, n/5),
		"a long number":       strings.Repeat("9", n),
		"a long fraction":     "0." + strings.Repeat("1", n-2),
		"a huge exponent":     "1e" + strings.Repeat("9", n-2),
		"a long string":       `"` + strings.Repeat("x", n-2) + `"`,
		"controls":            `"` + strings.Repeat(`\u0001`, n/6-1) + `"`,
		"lone surrogates":     `"` + strings.Repeat(`\ud800`, n/6-1) + `"`,
		"invalid UTF-8":       `"` + strings.Repeat("\xff", n-2) + `"`,
		"one long name":       `{"` + strings.Repeat("x", n-6) + `":1}`,
		"a name of controls":  `{"` + strings.Repeat(`\u0001`, n/6-2) + `":1}`,
		"a name that is not":  `{"` + strings.Repeat("\xff", n-6) + `":1}`,
		"white space":         strings.Repeat(" ", n-4) + "null",
		"no string's end":     `"` + strings.Repeat("x", n-1),
		"many values":         strings.Repeat("1 ", n/2),
		"quotes":              `"` + strings.Repeat(`\"`, n/2-1) + `"`,
		"nothing":             "",
		"null":                "null",
	}
	return values
}

// TestHostile_Bodies: no body makes a call answer an error of more than 16 KiB or
// allocate more than 16 times the body and 1 MiB. Every call gets every value whole; in
// its members it gets a third of them, another third in the next member; all of them with
// HARANG_SOAK=1.
func TestHostile_Bodies(t *testing.T) {
	e := newEnv(t)
	all := os.Getenv("HARANG_SOAK") != ""
	refused, turn := 0, 0
	for _, r := range routesOf(t, e.call("", "GET", "/openapi.json", "").body) {
		if !r.takesBody {
			continue
		}
		for _, n := range []int{r.limit, r.limit + 1, 216 << 10} {
			for name, body := range hostileValues(n) {
				name = fmt.Sprintf("%s, %d bytes", name, n)
				for _, media := range r.mediaTypes {
					refused += e.attack(r, name, r.path, body, media, false)
					if all || n == r.limit+1 { // refused by its length, or once it is read
						refused += e.attack(r, name+", chunked", r.path, body, media, true)
					}
				}
			}
		}
		for _, member := range r.members {
			values := hostileValues(min(r.limit, 64<<10) - 64) // room for the name
			turn++
			for i, name := range slices.Sorted(maps.Keys(values)) {
				if !all && (i+turn)%3 != 0 {
					continue
				}
				value := values[name]
				whole := `{"` + member + `":` + value + `}`
				inside := `{"lines":[{"` + member + `":` + value[:max(0, len(value)-24)]
				refused += e.attack(r, member+": "+name, r.path, whole, r.mediaTypes[0], false)
				refused += e.attack(r, "in lines, "+member+": "+name, r.path, inside, r.mediaTypes[0], false)
			}
		}
	}
	if refused < 2000 {
		t.Errorf("%d bodies refused only", refused)
	}
	t.Logf("%d bodies refused; %s", refused, e.worst)
}

// TestHostile_CSV: neither does a file that is imported.
func TestHostile_CSV(t *testing.T) {
	e := newEnv(t)
	const n = 4 << 20
	header := "productId;productName;dailyPrice;locationId;locationName;quantity\n"
	r := route{method: http.MethodPost, path: "/api/v1/imports?dryRun=true", id: "importCatalogue"}
	for name, body := range map[string]string{
		"empty lines":       strings.Repeat("\n", n),
		"separators":        strings.Repeat(";", n),
		"one long cell":     strings.Repeat("x", n),
		"many columns":      filled("", "\n", n, func(i int) string { return fmt.Sprintf("c%d", i) }),
		"an open quote":     header + `"` + strings.Repeat("x\n", n/2-100),
		"quotes":            strings.Repeat(`"`, n),
		"short lines":       header + strings.Repeat("x\n", n/2-100),
		"lines of nothing":  header + strings.Repeat(";;;;;\n", n/6-100),
		"wrong numbers":     header + strings.Repeat("p;P;x;l;L;y\n", n/12-100),
		"as many as fit":    header + strings.Repeat("p;P;x;l;L;y\n", 99_000),
		"a million columns": header + strings.Repeat(";", n-100),
		"invalid UTF-8":     header + strings.Repeat("\xff;\xfe\n", n/4-100),
		"zeros":             strings.Repeat("\x00", n),
		"UTF-16":            "\xff\xfe" + strings.Repeat("a\x00\n\x00", n/4-1),
		"half of UTF-16":    "\xfe\xff" + strings.Repeat("\xd8\x00", n/2-1),
	} {
		for _, dryRun := range []string{"true", "false"} {
			r.path = "/api/v1/imports?dryRun=" + dryRun
			e.attack(r, name+", "+dryRun, r.path, body[:min(len(body), n)], "text/csv", false)
		}
	}
	t.Log(e.worst)
}

// TestHostile_Queries: neither does a query.
func TestHostile_Queries(t *testing.T) {
	e := newEnv(t)
	const n = 30 << 10 // the server refuses longer headers
	refused := 0
	for _, r := range routesOf(t, e.call("", "GET", "/openapi.json", "").body) {
		repeat := func(make func(i int) string) string {
			return strings.ReplaceAll(filled("", "", n, make), ",", "&")
		}
		queries := map[string]string{
			"unknown names": repeat(func(i int) string { return fmt.Sprintf("p%d=1", i) }),
			"few unknown names": strings.ReplaceAll(
				filled("", "", 400, func(i int) string { return fmt.Sprintf("p%d.=1", i) }), ",", "&",
			),
			"one name, repeated": repeat(func(int) string { return "eventIds=1" }),
			"empty":              strings.Repeat("&", n),
			"a long name":        strings.Repeat("x", n) + "=1",
			"a name of controls": strings.Repeat("%01", n/3) + "=1",
			"a short long name":  strings.Repeat("%01", 16<<10/3-2) + "=1",
			"bad escapes":        "a=" + strings.Repeat("%zz", n/3),
			"semicolons":         strings.Repeat("a;", n/2),
			"invalid UTF-8":      "a=" + strings.Repeat("%ff", n/3),
			"numbers":            "eventIds=" + filled("", "", n-9, func(i int) string { return fmt.Sprint(i) }),
		}
		for _, name := range r.queries {
			for value, text := range map[string]string{
				"long": strings.Repeat("x", n-20), "16 KiB": strings.Repeat("x", 16<<10-32),
				"controls": strings.Repeat("%01", 5000),
				"a number": strings.Repeat("9", 16000), "not UTF-8": strings.Repeat("%ff", 5000),
				"list": strings.Repeat("1,", 8000), "none": "",
			} {
				queries[name+": "+value] = name + "=" + text
			}
		}
		body, media := "", ""
		if r.takesBody {
			body, media = "{}", r.mediaTypes[0]
		}
		for name, query := range queries {
			if _, err := url.ParseRequestURI(r.path + "?" + query); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			refused += e.attack(r, name, r.path+"?"+query, body, media, false)
		}
	}
	if refused < 400 {
		t.Errorf("%d queries refused only", refused)
	}
	t.Logf("%d queries refused; %s", refused, e.worst)
}

// attack sends one request and returns 1 when it was refused.
func (e *env) attack(r route, name, target, body, media string, chunked bool) int {
	e.t.Helper()
	request := httptest.NewRequestWithContext(e.t.Context(), r.method, target, strings.NewReader(body))
	if chunked {
		request.ContentLength = -1
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	switch {
	case strings.Contains(r.path, "/auth/"):
	case r.id == "sendEvents":
		request.Header.Set("Authorization", "Bearer "+e.apiKey)
		if media == "application/json" {
			for attribute, value := range map[string]string{"specversion": "1.0", "id": "1", "source": "/erp",
				"type": "stock_alert"} {
				request.Header.Set("Ce-"+attribute, value)
			}
		}
	default:
		request.Header.Set("Authorization", "Bearer "+e.tokens[harang.RoleAdmin])
	}
	answer := httptest.NewRecorder()
	answer.Body.Grow(64 << 10) // its growth is the test's, not the handler's
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e.handler.ServeHTTP(answer, request)
	runtime.ReadMemStats(&after)
	sent := len(body) + len(request.URL.RawQuery)
	e.worst.share = max(e.worst.share, float64(after.TotalAlloc-before.TotalAlloc)/float64(perByte*sent+mostAllocated))
	most := uint64(raceFactor * (perByte*sent + mostAllocated)) //nolint:gosec // not negative
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		e.t.Errorf("%s %s, %s: %d bytes allocated for %d, most %d", r.method, r.path, name, got, sent, most)
	}
	if answer.Code < 400 {
		return 0
	}
	text, _ := io.ReadAll(answer.Body)
	var p struct {
		Code            string
		Errors          []harang.FieldError
		ErrorsTruncated bool
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Code == "" || answer.Code >= http.StatusInternalServerError {
		e.t.Errorf("%s %s, %s: %d %.200s", r.method, r.path, name, answer.Code, text)
	}
	e.worst.answer = max(e.worst.answer, len(text))
	if len(text) > mostAnswered || len(p.Errors) > mostErrors {
		e.t.Errorf("%s %s, %s: answer of %d bytes with %d errors", r.method, r.path, name, len(text), len(p.Errors))
	}
	return 1
}

// TestHostile_ManyErrors: what is wrong is listed 20 times, and that there is more
// is said.
func TestHostile_ManyErrors(t *testing.T) {
	e := newEnv(t)
	for unknown, truncated := range map[int]bool{20: false, 21: true, 200: true} {
		body := filled(`{"name":"P",`, "}", 1<<20, func(i int) string {
			if i >= unknown {
				return strings.Repeat(" ", 1<<20)
			}
			return fmt.Sprintf(`"m%d":1`, i)
		})
		r := e.as(harang.RoleAdmin, "PUT", "/partners/p", body).want(t, 422, harang.CodeInvalidRequest).json(t)
		errs, _ := r["errors"].([]any)
		if len(errs) != 20 || (r["errorsTruncated"] == true) != truncated {
			t.Errorf("%d unknown members: %d errors, truncated %v", unknown, len(errs), r["errorsTruncated"])
		}
	}
}

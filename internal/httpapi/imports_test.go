package httpapi_test

import (
	"strings"
	"testing"

	"harang.dev/harang"
)

const csvType = "Content-Type: text/csv; charset=utf-8"

func TestImports(t *testing.T) {
	e := newEnv(t)
	const file = "productId;productName;dailyPrice\nuj-1;Új gép;1 234,00 Ft\nmakita-hr2470;;\n"
	for _, preview := range []bool{true, true, false} {
		path := "/imports"
		if preview {
			path += "?dryRun=true"
		}
		got := e.as(harang.RoleAdmin, "POST", path, file, csvType).want(t, 200, "").json(t)
		changes, _ := got["changes"].([]any)
		if got["new"] != 1.0 || got["changed"] != 0.0 || got["untouched"] != 1.0 || len(changes) != 2 {
			t.Errorf("%s: %v", path, got)
		}
		status, code := 404, harang.CodeNotFound
		if !preview {
			status, code = 200, ""
		}
		e.as(harang.RoleAdmin, "GET", "/products/uj-1", "").want(t, status, code)
	}
	wrong := "productId;productName;dailyPrice\nuj-2;Új gép;sok\n" + strings.Repeat("uj-3;;x\n", 30)
	got := e.as(harang.RoleAdmin, "POST", "/imports?dryRun=true", wrong, csvType).want(t, 200, "").json(t)
	problems, _ := got["problems"].([]any)
	if len(problems) != 20 || got["moreProblems"] != 11.0 {
		t.Fatalf("%d problems, %v more", len(problems), got["moreProblems"])
	}
	if p, _ := problems[0].(map[string]any); p["line"] != 2.0 || p["column"] != "dailyPrice" || p["detail"] == "" {
		t.Errorf("%v", p)
	}
	refused := e.as(harang.RoleAdmin, "POST", "/imports", wrong, csvType).
		want(t, 422, harang.CodeInvalidRequest).json(t)
	if errs, _ := refused["errors"].([]any); len(errs) != 20 || refused["errorsTruncated"] != true {
		t.Errorf("%v", refused)
	}
	e.as(harang.RoleAdmin, "GET", "/products/uj-2", "").want(t, 404, harang.CodeNotFound)
	e.as(harang.RoleAdmin, "POST", "/imports?dryRun=maybe", file, csvType).want(t, 422, harang.CodeInvalidRequest)
	e.as(harang.RoleAdmin, "POST", "/imports", file, "Content-Type: application/json").
		want(t, 415, harang.CodeUnsupportedMedia)
	e.as(harang.RoleStoreManager, "POST", "/imports", file, csvType).want(t, 403, harang.CodeForbidden)
}

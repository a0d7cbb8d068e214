package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"harang.dev/harang/internal/store"
)

var (
	parameter = regexp.MustCompile(`\$(\d+)`)
	// What one of the two databases does not support, or reads differently.
	notShared = regexp.MustCompile(`(?i)\bnow\(\)|::|\bILIKE\b|\bANY\b|\bFOR UPDATE\b|\bSERIAL\b|\bAUTOINCREMENT\b|\bROWID\b|\?`)
)

// TestQueries_Shared: every query uses only what both databases read alike.
func TestQueries_Shared(t *testing.T) {
	queries := store.Queries()
	if len(queries) < 30 {
		t.Fatalf("only %d queries", len(queries))
	}
	for i, q := range queries {
		if i > 0 && queries[i-1].Name == q.Name {
			t.Errorf("two queries are named %q", q.Name)
		}
		var order []string
		for _, m := range parameter.FindAllString(q.Text, -1) {
			if !slices.Contains(order, m) {
				order = append(order, m)
			}
		}
		for n, p := range order {
			if want := fmt.Sprintf("$%d", n+1); p != want {
				t.Errorf("%s: parameter %d by appearance is %s", q.Name, n+1, p)
			}
		}
		if bad := notShared.FindString(q.Text); bad != "" {
			t.Errorf("%s: %q is not the same in both databases", q.Name, bad)
		}
	}
}

func TestSearchKey(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"Őrlő  FÚRÓ", "orlo furo"},
		{" Straße ", "strasse"},
		{"ﬁ Ⅳ", "fi iv"},
		{"árvíztűrő\ttükörfúrógép", "arvizturo tukorfurogep"},
		{"", ""},
	} {
		if got := store.SearchKey(tc.text); got != tc.want {
			t.Errorf("search key of %q: %q, want %q", tc.text, got, tc.want)
		}
	}
	if got, want := store.LikePatterns(`50% a_b c\d e`), [3]string{`%50\%%`, `%a\_b%`, `%c\\d%e%`}; got != want {
		t.Errorf("patterns %q, want %q", got, want)
	}
	if got, want := store.LikePatterns("x"), [3]string{"%x%", "%", "%"}; got != want {
		t.Errorf("patterns %q, want %q", got, want)
	}
}

// TestSearchKey_Idempotent: a search key is its own search key.
func TestSearchKey_Idempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		key := store.SearchKey(text)
		if again := store.SearchKey(key); again != key {
			t.Fatalf("%q: first %q, then %q", text, key, again)
		}
	})
}

func TestSortKey(t *testing.T) {
	words := []string{
		"100 a", "ács", "Ács", "állvány", "alma", "cédula", "cukor", "csavar", "dió", "dzsessz", "gumi", "gyalu",
		"Makita 2", "Makita 10", "olló", "ónos", "öntő", "őr", "sín", "súly", "szög", "uszó", "űr", "ütve", "zab",
		"zsák",
	}
	if !slices.IsSortedFunc(words, func(a, b string) int {
		return strings.Compare(store.SortKey(a), store.SortKey(b))
	}) {
		slices.SortFunc(words, func(a, b string) int { return strings.Compare(store.SortKey(a), store.SortKey(b)) })
		t.Errorf("order %q", words)
	}
}

package growth_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/postgres"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/testserver"
)

// The sizes that the tests compare.
const (
	smallShop = 5_000
	bigShop   = 40_000
)

// textOf returns the query of a name.
func textOf(t *testing.T, name string) string {
	t.Helper()
	for _, q := range store.Queries() {
		if q.Name == name {
			return q.Text
		}
	}
	t.Fatalf("the store has no query %q", name)
	return ""
}

// TestStatements_SQLite: no statement takes more steps when there are eight times as
// many events.
func TestStatements_SQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	defer func() { _ = db.Close() }()
	count := func(n int64) [][2]int64 {
		c, err := openStepCounter(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		var counts [][2]int64
		for _, s := range statements {
			if _, _, err := c.run("SAVEPOINT before"); err != nil {
				t.Fatal(err)
			}
			rows, steps, err := c.run(textOf(t, s.query), s.args(n)...)
			if err != nil {
				t.Fatalf("%s: %v", s.query, err)
			}
			for _, end := range []string{"ROLLBACK TO before", "RELEASE before"} {
				if _, _, err := c.run(end); err != nil {
					t.Fatal(err)
				}
			}
			counts = append(counts, [2]int64{rows, steps})
		}
		return counts
	}
	if err := fill(t.Context(), db, 0, smallShop); err != nil {
		t.Fatal(err)
	}
	small := count(smallShop)
	if err := fill(t.Context(), db, smallShop, bigShop); err != nil {
		t.Fatal(err)
	}
	big := count(bigShop)
	for i, s := range statements {
		was, is := small[i], big[i]
		if is[1] > was[1]+was[1]/4+60 {
			t.Errorf("%s: %d steps for %d rows among %d events, %d steps for %d rows among %d", s.query,
				was[1], was[0], smallShop, is[1], is[0], bigShop)
		}
	}
}

// planNode is a node of a plan that EXPLAIN (ANALYZE, FORMAT JSON) prints.
type planNode struct {
	Type    string     `json:"Node Type"`
	Rows    float64    `json:"Actual Rows"`
	Loops   float64    `json:"Actual Loops"`
	Removed float64    `json:"Rows Removed by Filter"`
	Checked float64    `json:"Rows Removed by Index Recheck"`
	Plans   []planNode `json:"Plans"`
}

// read is how many rows the scans of a plan have read from tables and indexes.
func (p planNode) read() float64 {
	sum := 0.0
	if strings.HasSuffix(p.Type, "Scan") && p.Type != "Subquery Scan" && p.Type != "CTE Scan" {
		sum = (p.Rows + p.Removed + p.Checked) * p.Loops
	}
	for _, child := range p.Plans {
		sum += child.read()
	}
	return sum
}

// TestStatements_PostgreSQL: no statement reads more rows than it needs, with the plan
// that PostgreSQL has chosen after some executions.
func TestStatements_PostgreSQL(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t)
	st, err := postgres.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := fill(t.Context(), db, 0, bigShop); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	exec := func(text string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	exec("VACUUM ANALYZE")
	exec("SET seq_page_cost = 100") // as if the tables were a hundred times as long
	for i, s := range statements {
		name := "s" + strconv.Itoa(i)
		exec("PREPARE " + name + " AS " + textOf(t, s.query))
		execute := "EXECUTE " + name + literals(t, s.args(bigShop))
		exec("BEGIN")
		for range 6 { // then the plan may be the general one
			exec("SAVEPOINT before")
			exec(execute)
			exec("ROLLBACK TO before")
		}
		var text string
		if err := conn.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+execute).Scan(&text); err != nil {
			t.Fatalf("%s: %v", s.query, err)
		}
		exec("ROLLBACK")
		var plans []struct{ Plan planNode }
		if err := json.Unmarshal([]byte(text), &plans); err != nil {
			t.Fatal(err)
		}
		if read := int64(plans[0].Plan.read()); read > s.most {
			t.Errorf("%s: %d rows read, at most %d are needed\n%s", s.query, read, s.most, text)
		}
	}
}

// literals writes arguments as PostgreSQL's EXECUTE takes them.
func literals(t *testing.T, args []any) string {
	t.Helper()
	if len(args) == 0 {
		return ""
	}
	texts := make([]string, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			texts[i] = "'" + v + "'"
		case int, int64:
			texts[i] = fmt.Sprint(v)
		default:
			t.Fatalf("argument %d is a %T", i+1, arg)
		}
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

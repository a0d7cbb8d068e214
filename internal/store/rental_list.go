package store

import (
	"cmp"
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"harang.dev/harang"
)

// The lists of rentals with a search, with days, or in another order than the newest first.
//
// Such a list reads a part of the rentals, by an index that has just that part in the list's order, and leaves out
// what the other filters do not want. A part that may be millions is read in steps: the end of a step is looked up
// first, and a page has what its step has, maybe nothing, with a cursor to go on from the end.

// listStep is how many rows of a large part a page reads at most, and partnerStep of those of one partner, where a page
// always reads them all.
const (
	listStep    = 10_000
	partnerStep = 1000
)

// rentalFilter is the condition of these lists. The tenant's products are read once; a rental's lines are a scalar
// subquery, because PostgreSQL could read all lines for an EXISTS.
var rentalFilter = `tenant_id = $1` + furtherFilter

// filterByID is rentalFilter for rows whose ids are known: the tenant is no column of an index here, or SQLite could
// read all of its rentals.
var filterByID = `tenant_id || '' = $1` + furtherFilter

var furtherFilter = ` AND ($2 = '' OR status = $2) AND ($3 = '' OR location_id = $3)
	AND due_at + 0 >= $4 AND due_at + 0 < $5
	AND ($6 = '' OR partner_id IN (
			SELECT p.id FROM partners p WHERE p.tenant_id = $1 AND ` + partnerMatches("$6", "$7", "$8", "$9") + `)
		OR 1 = (SELECT MAX(1) FROM rental_lines l WHERE l.rental_id = rentals.id AND l.product_id IN (
			SELECT p.id FROM products p WHERE p.tenant_id = $1 AND p.search_key LIKE $6 ESCAPE '\'
				AND p.search_key LIKE $7 ESCAPE '\' AND p.search_key LIKE $8 ESCAPE '\')))
	AND ($10 = 0 OR ` + owes + `) AND ($11 = 0 OR status NOT IN ('OPEN', 'OVERDUE'))`

// rentalPart is a part of a tenant's rentals: the condition for its rows.
type rentalPart struct {
	name  string
	where string
	// by means that where has a parameter of its own, which it names $n.
	by bool
	// steps are the orders in which the part is read in steps, by its index; in the others
	// all of it is read and sorted.
	steps []harang.RentalSort
	// step is how many rows a step has.
	step int
}

var (
	allRentals = rentalPart{name: "all rentals", steps: []harang.RentalSort{
		harang.RentalsNewestFirst, harang.RentalsOldestFirst, harang.RentalsDueFirst, harang.RentalsDueLastFirst,
	}, step: listStep}
	rentalsOfPartner = rentalPart{name: "rentals of partner", where: " AND partner_id = $n", by: true,
		steps: []harang.RentalSort{harang.RentalsNewestFirst, harang.RentalsOldestFirst}, step: partnerStep}
	rentalByID      = rentalPart{name: "rental", where: " AND id = $n", by: true}
	rentalsOut      = rentalPart{name: "rentals that are out", where: " AND status IN ('OPEN', 'OVERDUE')"}
	rentalsAwaiting = rentalPart{name: "rentals awaiting payment", where: " AND status = 'AWAITING_PAYMENT'"}
)

// rentalList are the queries of a part in one order: a page, and the end of a step; nil for a part that is small.
type rentalList struct{ page, end *query }

var rentalLists = func() map[string]rentalList {
	lists := map[string]rentalList{}
	for _, part := range []rentalPart{
		allRentals, rentalsOfPartner, rentalByID, rentalsOut, rentalsAwaiting,
	} {
		for _, sort := range []harang.RentalSort{
			harang.RentalsNewestFirst, harang.RentalsOldestFirst, harang.RentalsDueFirst, harang.RentalsDueLastFirst,
		} {
			lists[part.name+string(sort)] = defineRentalList(part, sort)
		}
	}
	return lists
}()

func defineRentalList(part rentalPart, sort harang.RentalSort) rentalList {
	column, direction, after, until := "created_at", "", ">", "<="
	if sort == harang.RentalsDueFirst || sort == harang.RentalsDueLastFirst {
		column = "due_at"
	}
	if isDescending(sort) {
		direction, after, until = " DESC", "<", ">="
	}
	name, next := "filtered "+part.name+" by "+string(sort), 12 // the next parameter after those of rentalFilter
	parameter := func() string { next++; return "$" + strconv.Itoa(next-1) }
	position := func() string { return "(" + parameter() + ", " + parameter() + ")" }
	where := part.where
	if part.by {
		where = strings.ReplaceAll(where, "$n", parameter())
	}
	list := func(filter, where, column string) *query {
		return define("find "+name, "SELECT "+rentalColumns+" FROM rentals WHERE "+filter+where+
			" ORDER BY "+column+direction+", id"+direction+" LIMIT "+parameter())
	}
	if !slices.Contains(part.steps, sort) {
		// With a column that no index has, neither engine reads all rentals in their order.
		column += " + 0"
		return rentalList{page: list(rentalFilter, where+" AND ("+column+", id) "+after+position(), column)}
	}
	filter := rentalFilter
	where += " AND (" + column + ", id) " + after + position() + " AND (" + column + ", id) " + until + position()
	if part.by {
		// As a subquery, which the part's index has all columns for, or SQLite could read all rentals in their order.
		filter, where = filterByID, " AND id IN (SELECT id FROM rentals WHERE tenant_id = $1"+where+")"
	}
	page := list(filter, where, column)
	where, next = part.where, 2
	if part.by {
		where = strings.ReplaceAll(where, "$n", parameter())
	}
	return rentalList{page: page, end: define("find end of "+name, "SELECT "+column+", id FROM rentals"+
		" WHERE tenant_id = $1"+where+" AND ("+column+", id) "+after+position()+
		" ORDER BY "+column+direction+", id"+direction+" LIMIT 1 OFFSET "+parameter())}
}

var (
	findLinesOfRentals = define("find lines of rentals", `
		SELECT rental_id, product_id, product_name, quantity + returned, daily_price, returned FROM rental_lines
		WHERE rental_id IN (`+parameters(1, linesBatch)+`) ORDER BY rental_id, line`)
	sumFilteredOwed = define("sum owed by filtered rentals", `
		SELECT COALESCE(SUM(total_value + rounding + refund_pending - paid), 0) FROM rentals
		WHERE `+rentalFilter+` AND `+owes)
	// A rental by what is typed: at most one of each number, and one id.
	findRentalByNumber = define("find rental by number or id", `
		SELECT id FROM rentals WHERE tenant_id = $1 AND number = $2
		UNION ALL SELECT id FROM rentals WHERE tenant_id = $1 AND number = $3
		UNION ALL SELECT id FROM rentals WHERE id = $4 AND tenant_id = $1`)
	findSearchedPartners = define("find some searched partners", `
		SELECT id FROM partners WHERE tenant_id = $1 AND `+partnerMatches("$2", "$3", "$4", "$5")+` LIMIT 2`)
	findSearchedProduct = define("find a searched product", `
		SELECT id FROM products WHERE tenant_id = $1 AND search_key LIKE $2 ESCAPE '\'
			AND search_key LIKE $3 ESCAPE '\' AND search_key LIKE $4 ESCAPE '\' LIMIT 1`)
)

// timeKey is the position of a row in a list that is ordered by instant and id.
type timeKey struct {
	At int64  `json:"t"`
	ID string `json:"i"`
}

// newestFirst and oldestFirst are the positions before the first row of such a list.
var (
	newestFirst = timeKey{At: math.MaxInt64}
	oldestFirst = timeKey{At: math.MinInt64}
)

func isDescending(sort harang.RentalSort) bool {
	return sort == harang.RentalsNewestFirst || sort == harang.RentalsDueLastFirst
}

// rentalKey returns the position of a rental in a list.
func rentalKey(sort harang.RentalSort) func(harang.Rental) any {
	return func(r harang.Rental) any {
		if sort == harang.RentalsDueFirst || sort == harang.RentalsDueLastFirst {
			return timeKey{r.Due.UnixMilli(), r.ID}
		}
		return timeKey{r.Created.UnixMilli(), r.ID}
	}
}

// listSearch is what a search means.
type listSearch struct {
	// none: nothing can match.
	none bool
	// id is the one thing that was named by its number or id; "" for words.
	id string
	// partner is the only partner that matches, where nothing else does; else "".
	partner string
	// patterns are the arguments of partnerMatches, whose first ones are those of products.
	patterns []any
}

// words are the arguments of a filter by words; empty ones for none, and where the one partner is the part that is
// read.
func (l listSearch) words() []any {
	if l.partner != "" || l.patterns == nil {
		return []any{"", "", "", ""}
	}
	return l.patterns
}

var (
	wholeNumber = regexp.MustCompile(`^(?i:B-?)([0-9]{4})-([0-9]{1,18})$`)
	shortNumber = regexp.MustCompile(`^[0-9]{1,6}$`)
)

// numbersOf returns the rental numbers that a search may mean, the likeliest first: a whole one, or the end of one of
// this year or of the last one. whole means that it can be nothing else.
func numbersOf(search string, year int) (numbers [2]string, whole bool) {
	if m := wholeNumber.FindStringSubmatch(search); m != nil {
		ofYear, _ := strconv.Atoi(m[1])
		n, _ := strconv.ParseInt(m[2], 10, 64)
		return [2]string{harang.RentalNumber(ofYear, n)}, true
	}
	if shortNumber.MatchString(search) {
		n, _ := strconv.ParseInt(search, 10, 64)
		return [2]string{harang.RentalNumber(year, n), harang.RentalNumber(year-1, n)}, false
	}
	return numbers, false
}

// searchRental returns the id of the rental that a search names by its number or id; "" for none. whole means that the
// search is a number and nothing else.
func (s *Store) searchRental(ctx context.Context, tenant, search string) (id string, whole bool, err error) {
	numbers, whole := numbersOf(search, harang.RentalYear(s.now()))
	ids, err := queryAll(ctx, s.reader(), findRentalByNumber, scanText, tenant, numbers[0], numbers[1], search)
	if err != nil || len(ids) == 0 {
		return "", whole, err
	}
	return ids[0], whole, nil
}

// searchPartner returns the only partner that has all of the words; "" for several, and false for none.
func (s *Store) searchPartner(ctx context.Context, tenant string, patterns []any) (id string, found bool, err error) {
	ids, err := queryAll(ctx, s.reader(), findSearchedPartners, scanText, append([]any{tenant}, patterns...)...)
	if len(ids) == 1 {
		return ids[0], true, err
	}
	return "", len(ids) > 1, err
}

// searchRentals returns what a search for rentals means.
func (s *Store) searchRentals(ctx context.Context, tenant, text string) (found listSearch, err error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return found, nil
	}
	if found.id, found.none, err = s.searchRental(ctx, tenant, text); err != nil || found.id != "" || found.none {
		found.none = found.none && found.id == ""
		return found, err
	}
	found.patterns = partnerPatterns(text)
	partner, some, err := s.searchPartner(ctx, tenant, found.patterns)
	if err != nil {
		return found, err
	}
	products, err := queryAll(ctx, s.reader(), findSearchedProduct, scanText,
		append([]any{tenant}, found.patterns[:likeWords]...)...)
	if len(products) == 0 {
		found.partner, found.none = partner, !some
	}
	return found, err
}

// rentalFilterOf are the parameters of rentalFilter. rest leaves out what is out.
func rentalFilterOf(tenant string, q harang.RentalQuery, search listSearch, rest bool) []any {
	from, to := millisRange(q.DueFrom, q.DueTo)
	args := append([]any{tenant, string(q.Status), q.LocationID, from, to}, search.words()...)
	return append(args, boolInt(q.Owed), boolInt(rest))
}

// FindRentals returns a page of a tenant's rentals with their lines, the newest first unless q.Sort says otherwise. A
// page may have fewer rentals than q.Limit, or none, and a next one. INVALID_REQUEST for a cursor of another list.
func (s *Store) FindRentals(
	ctx context.Context, tenant string, q harang.RentalQuery,
) (harang.Page[harang.Rental], error) {
	q.Sort = cmp.Or(q.Sort, harang.RentalsNewestFirst)
	if q.Out || q.Search != "" || !q.DueFrom.IsZero() || !q.DueTo.IsZero() || q.Sort != harang.RentalsNewestFirst {
		search, err := s.searchRentals(ctx, tenant, q.Search)
		if err != nil {
			return harang.Page[harang.Rental]{}, err
		}
		if q.Sort == harang.RentalsOverdueFirst {
			return s.findOverdueFirst(ctx, tenant, q, search)
		}
		name := "rentals"
		if q.Sort != harang.RentalsNewestFirst {
			name += string(q.Sort)
		}
		return s.findFilteredRentals(ctx, tenant, q, search, name, false)
	}
	after := newestFirst
	if err := decodeCursor("rentals", q.Cursor, &after); err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	list, args := findRentals, []any{tenant}
	switch {
	case q.Owed:
		list, args = findRentalsOwed, append(args, q.LocationID)
	case q.Status != "" && q.LocationID != "":
		list, args = findRentalsAtLocationByStatus, append(args, q.LocationID, string(q.Status))
	case q.Status != "":
		list, args = findRentalsByStatus, append(args, string(q.Status))
	case q.LocationID != "":
		list, args = findRentalsAtLocation, append(args, q.LocationID)
	}
	rows, err := queryAll(ctx, s.reader(), list, scanRental, append(args, after.At, after.ID, q.Limit+1)...)
	if err != nil {
		return harang.Page[harang.Rental]{}, err
	}
	return s.rentalPage(ctx, "rentals", rows, q.Limit, rentalKey(q.Sort))
}

// partOf is the smallest part that has all rentals of a query, with its parameter.
func partOf(q harang.RentalQuery, search listSearch) (rentalPart, []any) {
	switch {
	case search.id != "":
		return rentalByID, []any{search.id}
	case q.Out || q.Status == harang.RentalOpen || q.Status == harang.RentalOverdue:
		return rentalsOut, nil
	case q.Status == harang.RentalAwaitingPayment:
		return rentalsAwaiting, nil
	case search.partner != "":
		return rentalsOfPartner, []any{search.partner}
	}
	return allRentals, nil
}

// findFilteredRentals returns a page of the list of a name. rest leaves out what is out.
func (s *Store) findFilteredRentals(
	ctx context.Context, tenant string, q harang.RentalQuery, search listSearch, name string, rest bool,
) (none harang.Page[harang.Rental], err error) {
	from, to := millisRange(q.DueFrom, q.DueTo)
	after, last := newestFirst, oldestFirst
	switch q.Sort {
	case harang.RentalsOldestFirst:
		after, last = last, after
	case harang.RentalsDueFirst:
		after, last = timeKey{At: from}, timeKey{At: to}
	case harang.RentalsDueLastFirst:
		after, last = timeKey{At: to}, timeKey{At: from}
	}
	if err := decodeCursor(name, q.Cursor, &after); err != nil || search.none {
		return none, err
	}
	part, by := partOf(q, search)
	if part.name != rentalsOfPartner.name && search.partner != "" {
		search.partner = "" // by its words
	}
	list := rentalLists[part.name+string(q.Sort)]
	args := append(append(rentalFilterOf(tenant, q, search, rest), by...), after.At, after.ID)
	var end *timeKey
	if list.end != nil {
		ends, err := queryAll(ctx, s.reader(), list.end, scanTimeKey,
			append(append([]any{tenant}, by...), after.At, after.ID, part.step-1)...)
		if err != nil {
			return none, err
		}
		if len(ends) == 1 && (isDescending(q.Sort) && ends[0].At >= last.At ||
			!isDescending(q.Sort) && ends[0].At < last.At) {
			end, last = &ends[0], ends[0]
		}
		args = append(args, last.At, last.ID)
	}
	rows, err := queryAll(ctx, s.reader(), list.page, scanRental, append(args, q.Limit+1)...)
	if err != nil {
		return none, err
	}
	page, err := s.rentalPage(ctx, name, rows, q.Limit, rentalKey(q.Sort))
	if err == nil && page.Next == "" && end != nil {
		page.Next, err = encodeCursor(name, *end)
	}
	return page, err
}

func scanTimeKey(r row) (k timeKey, err error) {
	err = r.Scan(&k.At, &k.ID)
	return k, err
}

// findOverdueFirst returns a page of what is out, the longest overdue first, and then of the rest, the newest first.
func (s *Store) findOverdueFirst(
	ctx context.Context, tenant string, q harang.RentalQuery, search listSearch,
) (page harang.Page[harang.Rental], err error) {
	const outFirst, theRest = "rentals, those out first", "rentals, those not out"
	rest := q.Cursor != "" && decodeCursor(theRest, q.Cursor, &timeKey{}) == nil
	closed := q.Status != "" && q.Status != harang.RentalOpen && q.Status != harang.RentalOverdue
	if !rest && !closed {
		out := q
		out.Sort, out.Out = harang.RentalsDueFirst, true
		page, err = s.findFilteredRentals(ctx, tenant, out, search, outFirst, false)
		if err != nil || page.Next != "" || q.Out || q.Status != "" {
			return page, err
		}
		q.Cursor = ""
	}
	if q.Limit -= len(page.Items); q.Limit == 0 {
		page.Next, err = encodeCursor(theRest, newestFirst)
		return page, err
	}
	q.Sort = harang.RentalsNewestFirst
	more, err := s.findFilteredRentals(ctx, tenant, q, search, theRest, true)
	return harang.Page[harang.Rental]{Items: append(page.Items, more.Items...), Next: more.Next}, err
}

// maxPageLines bounds the lines of all rentals of a page, which then has fewer rentals
// than its limit: a rental may have a hundred lines with long names.
const maxPageLines = 2000

// linesBatch is of how many rentals one statement reads the lines.
const linesBatch = 50

// addLines reads the lines of rentals and returns how many of the rentals have maxPageLines
// together; the others are to be left out. Lines may be of a later snapshot than the
// rentals: in a list, pieces that came back since do no harm.
func (s *Store) addLines(ctx context.Context, rentals []harang.Rental) (fit int, err error) {
	type rentalLine struct {
		rental string
		line   harang.RentalLine
	}
	read := 0
	for batch := range slices.Chunk(rentals, linesBatch) {
		args := make([]any, linesBatch)
		byID := make(map[string]*harang.Rental, len(batch))
		for i := range args {
			r := &batch[min(i, len(batch)-1)] // the last rental fills the batch
			args[i], byID[r.ID] = r.ID, r
		}
		lines, err := queryAll(ctx, s.reader(), findLinesOfRentals, func(r row) (l rentalLine, err error) {
			err = r.Scan(&l.rental, &l.line.ProductID, &l.line.ProductName, &l.line.Quantity, &l.line.DailyPrice,
				&l.line.Returned)
			return l, err
		}, args...)
		if err != nil {
			return fit, err
		}
		for _, l := range lines {
			r := byID[l.rental]
			r.Lines = append(r.Lines, l.line)
		}
		for _, r := range batch {
			if read += len(r.Lines); read > maxPageLines && fit > 0 {
				return fit, nil
			}
			fit++
		}
	}
	return fit, nil
}

// SumOwed returns what the rentals that FindRentals returns for Owed and the other
// filters owe in all.
func (s *Store) SumOwed(ctx context.Context, tenant string, q harang.RentalQuery) (int64, error) {
	if q.Search == "" && q.DueFrom.IsZero() && q.DueTo.IsZero() {
		return queryOne(ctx, s.reader(), sumOwed, scanInt, tenant, q.LocationID)
	}
	search, err := s.searchRentals(ctx, tenant, q.Search)
	switch {
	case err != nil || search.none:
		return 0, err
	case search.id != "":
		q.Owed, q.Limit, q.Cursor, q.Sort = true, 1, "", harang.RentalsNewestFirst
		page, err := s.findFilteredRentals(ctx, tenant, q, search, "", false)
		if err != nil || len(page.Items) == 0 {
			return 0, err
		}
		return page.Items[0].Owed(), nil
	}
	search.partner = "" // by its words
	return queryOne(ctx, s.reader(), sumFilteredOwed, scanInt, rentalFilterOf(tenant, q, search, false)...)
}

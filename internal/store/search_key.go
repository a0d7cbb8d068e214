package store

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
)

// searchKey normalizes texts for search, so that a name is found however it is typed:
// compatibility forms become plain ones (½ is 1/2, ² is 2), accents, invisible
// characters and case are dropped, all dashes and minus signs are "-", words are
// separated by one space. contract/search-keys.json has the cases; the page's
// normalizeSearch does the same.
func searchKey(texts ...string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(spaceFractions(strings.Join(texts, " "))) {
		r = unicode.ToLower(r)
		switch {
		case unicode.In(r, unicode.Mn, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point):
		case unicode.Is(unicode.Dash, r):
			b.WriteByte('-')
		default:
			if plain, ok := plainLetters[r]; ok {
				b.WriteString(plain)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// plainLetters are lower-case letters and signs without a decomposition, as people type
// them.
var plainLetters = map[rune]string{
	'ß': "ss", 'ø': "o", 'đ': "d", 'ł': "l", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ς': "σ",
	'×': "x", '\u2044': "/", '\u2215': "/", '\u2043': "-", '\u02d7': "-", '\u2796': "-",
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", '“': `"`, '”': `"`, '„': `"`, '‟': `"`,
}

// spaceFractions separates a fraction from the number before it: 1½ is "1 1/2", not 11/2.
func spaceFractions(text string) string {
	if !strings.ContainsFunc(text, isFraction) {
		return text
	}
	var b strings.Builder
	before := utf8.RuneError
	for _, r := range text {
		if isFraction(r) && unicode.IsDigit(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

func isFraction(r rune) bool {
	return '¼' <= r && r <= '¾' || '\u2150' <= r && r <= '\u215e' || r == '\u2189'
}

// likeWords is how many patterns a search has: one per word, and the last one for
// all further words in their order.
const likeWords = 3

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// likePatterns turns a search into LIKE patterns (ESCAPE '\') that must all
// match a search key.
func likePatterns(search string) [likeWords]string {
	words := strings.Fields(searchKey(search))
	var patterns [likeWords]string
	for i := range patterns {
		switch {
		case i >= len(words):
			patterns[i] = "%"
		case i == likeWords-1:
			for _, w := range words[i:] {
				patterns[i] += "%" + escapeLike.Replace(w)
			}
			patterns[i] += "%"
		default:
			patterns[i] = "%" + escapeLike.Replace(words[i]) + "%"
		}
	}
	return patterns
}

// namePatterns are likePatterns as arguments.
func namePatterns(search string) []any {
	like := likePatterns(search)
	return []any{like[0], like[1], like[2]}
}

// partnerPatterns are the arguments of partnerMatches.
func partnerPatterns(search string) []any {
	digits, first := harang.PhoneSearch(search)
	switch {
	case digits == "": // matches no number
	case first:
		digits += "%"
	default:
		digits = "%" + digits + "%"
	}
	return append(namePatterns(search), digits)
}

// partnerMatches is the condition that a row of partners is found by a search: each word is in its name, id, e-mail
// address or phone number, or the whole search is part of the number however it is written. Its parameters have the
// values of partnerPatterns.
func partnerMatches(first, second, third, phone string) string {
	const key = `(search_key || ' ' || coalesce(email_key, '') || ' ' || coalesce(phone_key, ''))`
	like := func(parameter string) string { return key + ` LIKE ` + parameter + ` ESCAPE '\'` }
	return `(` + like(first) + ` AND ` + like(second) + ` AND ` + like(third) + ` OR phone_key LIKE ` + phone + `)`
}

// rekeyBatch is how many rows are read at once to renew their keys.
const rekeyBatch = 500

// keyedTables are the tables with search keys, with the query for a batch of rows and
// the one that renews a key. A row that got another name meanwhile is left as it is.
var keyedTables = func() []keyedTable {
	var all []keyedTable
	for _, table := range []string{"locations", "partners", "products"} {
		all = append(all, keyedTable{
			find: define("find search keys of "+table, `
				SELECT tenant_id, id, name, search_key FROM `+table+`
				WHERE (tenant_id, id) > ($1, $2) ORDER BY tenant_id, id LIMIT $3`),
			update: define("update search key of "+table, `
				UPDATE `+table+` SET search_key = $1 WHERE tenant_id = $2 AND id = $3 AND name = $4`),
		})
	}
	return all
}()

type keyedTable struct{ find, update *query }

// keyedRow is a row with its stored search key.
type keyedRow struct{ tenant, id, name, key string }

// UpdateSearchKeys renews the search keys that another version of the program has
// written, in small transactions, and returns how many.
func (s *Store) UpdateSearchKeys(ctx context.Context) (int, error) {
	renewed := 0
	for _, table := range keyedTables {
		var after keyedRow
		for {
			rows, err := queryAll(ctx, s.reader(), table.find, func(r row) (k keyedRow, err error) {
				err = r.Scan(&k.tenant, &k.id, &k.name, &k.key)
				return k, err
			}, after.tenant, after.id, rekeyBatch)
			if err != nil {
				return renewed, err
			}
			n, err := s.updateSearchKeys(ctx, table, rows)
			if renewed += n; err != nil {
				return renewed, err
			}
			if len(rows) < rekeyBatch {
				break
			}
			after = rows[len(rows)-1]
		}
	}
	return renewed, nil
}

// updateSearchKeys writes the keys of the rows that have another one.
func (s *Store) updateSearchKeys(ctx context.Context, table keyedTable, rows []keyedRow) (int, error) {
	var stale []keyedRow
	for _, r := range rows {
		if key := searchKey(r.name, r.id); key != r.key {
			r.key = key
			stale = append(stale, r)
		}
	}
	if len(stale) == 0 {
		return 0, nil
	}
	return len(stale), s.within(ctx, func(tx *Tx) error {
		for _, r := range stale {
			if _, err := execute(ctx, tx, table.update, r.key, r.tenant, r.id, r.name); err != nil {
				return err
			}
		}
		return nil
	})
}

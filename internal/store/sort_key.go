package store

import (
	"encoding/base32"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// collators are pooled: one works for one goroutine at a time.
var collators = sync.Pool{New: func() any {
	return collate.New(language.Hungarian, collate.Numeric)
}}

// maxSortKeyBytes is the length at which a sort key is cut, so that a cursor with
// two of them stays below maxCursorBytes. The key of 200 letters has up to 1,600
// bytes; some characters take dozens.
const maxSortKeyBytes = 2048

// sortKey returns a text whose byte order is the Hungarian order of names, with
// numbers inside them compared as numbers. Names whose keys are equal up to the cut
// are in the order of their ids.
func sortKey(name string) string {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	var buf collate.Buffer
	// Base 32 with the extended hex alphabet keeps the order of bytes.
	key := base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(c.KeyFromString(&buf, name))
	return key[:min(len(key), maxSortKeyBytes)]
}

// searchKey normalizes texts for search: no accents, lower case, words separated by
// one space.
func searchKey(texts ...string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.Join(texts, " ")) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent
		case r == 'ß' || r == 'ẞ':
			b.WriteString("ss")
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
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

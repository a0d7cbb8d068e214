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

// maxSortKeyBytes is where a sort key is cut, so that cursors, which hold two of
// them, stay below maxCursorBytes. Names of 200 letters reach 1,600; some
// characters count for dozens.
const maxSortKeyBytes = 2048

// sortKey returns a text whose byte order is the Hungarian order of names, with
// numbers inside them compared as numbers. Names that differ only far behind are
// in the order of their ids.
func sortKey(name string) string {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	var buf collate.Buffer
	// Base 32 with the extended hex alphabet keeps the order of bytes.
	key := base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(c.KeyFromString(&buf, name))
	return key[:min(len(key), maxSortKeyBytes)]
}

// searchKey folds texts so that a search finds them however they are written:
// no accents, no case, words apart by one space.
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

// likeWords is how many words of a search are looked for on their own; what
// follows is looked for in the order in which it was written.
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

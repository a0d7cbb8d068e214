package store

import (
	"encoding/base32"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
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

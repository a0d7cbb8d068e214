package store

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"harang.dev/harang"
)

// maxCursorBytes is above every cursor that encodeCursor makes: two sort keys of
// names and two ids. A longer one is refused.
const maxCursorBytes = 8 << 10

// encodeCursor writes the name of a list and the key of the last item of a page,
// a struct of plain fields. Cursors are opaque to callers.
func encodeCursor(list string, key any) (string, error) {
	b, err := json.Marshal(key)
	return base64.RawURLEncoding.EncodeToString(append([]byte(list+" "), b...)), err
}

// decodeCursor reads a cursor of a list into a key; "" leaves it as it is.
// INVALID_REQUEST for anything that encodeCursor did not write for this list.
func decodeCursor(list, cursor string, key any) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	text, sameList := strings.CutPrefix(string(b), list+" ")
	if err != nil || len(cursor) > maxCursorBytes || !sameList || json.Unmarshal([]byte(text), key) != nil {
		return harang.Invalid(harang.FieldError{Field: "cursor", Detail: "is not a cursor of this list"})
	}
	return nil
}

// pageOf makes a page of limit items from rows, which were queried with one more.
// The cursor of the next page is made from the last item's key.
func pageOf[R, T any](list string, rows []R, limit int, item func(R) T, key func(R) any) (harang.Page[T], error) {
	p := harang.Page[T]{Items: make([]T, 0, min(len(rows), limit))}
	for i, r := range rows {
		if i == limit {
			next, err := encodeCursor(list, key(rows[i-1]))
			if err != nil {
				return p, harang.Wrap(harang.CodeInternal, err, "the cursor cannot be written")
			}
			p.Next = next
			break
		}
		p.Items = append(p.Items, item(r))
	}
	return p, nil
}

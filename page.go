package harang

// The limits of lists.
const (
	// DefaultPageLimit is the number of items of a page without a limit.
	DefaultPageLimit = 50
	// MaxPageLimit is the largest number of items of a page.
	MaxPageLimit = 200
)

// CatalogueQuery selects a part of the products, partners or locations, by name.
type CatalogueQuery struct {
	// Search finds words in names and ids, ignoring accents; "" finds all.
	Search string
	// Cursor is Page.Next of the previous page; "" for the first.
	Cursor string
	// Limit is the largest number of items to return, from 1 to MaxPageLimit.
	Limit int
}

// Page is one part of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the next page, "" at the end. It is opaque and valid
	// for the same list and filters only.
	Next string
}

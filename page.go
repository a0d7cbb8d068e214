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
	// Search finds words in names and ids, ignoring accents; "" finds all. Products with
	// this very id or barcode come first.
	Search string
	// Code finds the products with this id or barcode exactly, archived ones too; ""
	// finds all. Not together with Search, and for products only.
	Code string
	// Phone finds the partners with this number, however it is written; "" finds all. Not together with Search.
	Phone string
	// Archived finds archived entries only, instead of those that are not.
	Archived bool
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

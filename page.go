package harang

// The limits of lists.
const (
	// DefaultPageLimit is the number of items of a page without a limit.
	DefaultPageLimit = 50
	// MaxPageLimit is the largest number of items of a page.
	MaxPageLimit = 200
)

// Page is one part of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the next page, "" at the end. It is opaque and valid
	// for the same list and filters only.
	Next string
}

package harang

// The limits of lists.
const (
	// DefaultPageLimit is how many items a list has when nobody asks.
	DefaultPageLimit = 50
	// MaxPageLimit is how many items one page may have.
	MaxPageLimit = 200
)

// Page is one part of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the part that follows, "" at the end. It is opaque
	// and belongs to the list and filters it came from.
	Next string
}

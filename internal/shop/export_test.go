package shop

import "io"

// Budapest is the time zone of days.
var Budapest = budapest

// CheckCSV validates an import file without loading it.
func CheckCSV(file io.Reader) error {
	in, err := readImport(file)
	if err != nil {
		return err
	}
	in.problems.sort()
	return in.problems.Err()
}

// ParseWhole reads a whole number as an import does.
func ParseWhole(text string, units ...string) (int64, bool) { return parseWhole(text, units...) }

// EscapeCell and UnescapeCell write and read a cell.
var (
	EscapeCell   = escapeCell
	UnescapeCell = unescapeCell
)

// ImportChunk is how many things one transaction of an import writes.
const ImportChunk = importChunk

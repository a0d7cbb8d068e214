package shop

import "io"

// CheckCSV validates an import file without loading it.
func CheckCSV(file io.Reader) error {
	_, err := readImport(file)
	return err
}

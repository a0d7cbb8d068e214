package shop

import "io"

// CheckCSV reads a file of an import without loading it.
func CheckCSV(file io.Reader) error {
	_, err := readImport(file)
	return err
}

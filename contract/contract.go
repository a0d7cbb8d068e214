// Package contract contains the golden files: calls and their answers, events, the
// sentences about payments and events, and cases of rental days and search keys. The tests of the
// server and of the page compare with them; the API documents show the calls as
// examples.
package contract

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed http/*.json
var files embed.FS

// Call is one call of the interface with its answer.
type Call struct {
	// Name is the file name without its extension.
	Name   string `json:"-"`
	Method string `json:"method"`
	// Path may have a query.
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
	Status int             `json:"status"`
	// Type is the media type of the answer.
	Type   string          `json:"contentType"`
	Answer json.RawMessage `json:"answer"`
}

// Calls returns all calls, by name.
func Calls() ([]Call, error) {
	names, err := fs.Glob(files, "http/*.json")
	if err != nil {
		return nil, err
	}
	calls := make([]Call, len(names))
	for i, name := range names {
		text, err := files.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &calls[i])
		}
		if err != nil {
			return nil, fmt.Errorf("contract: %s: %w", name, err)
		}
		calls[i].Name = strings.TrimSuffix(path.Base(name), ".json")
	}
	return calls, nil
}

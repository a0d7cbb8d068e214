// Package contract holds the golden files: calls and their answers, events, and
// the sentences about payments, as the tests of the server and of the page keep
// them. The description of the interface shows the calls as examples.
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
	// Name is the file's, without its ending.
	Name   string `json:"-"`
	Method string `json:"method"`
	// Path may have a query.
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
	Status int             `json:"status"`
	// Type is the answer's media type.
	Type   string          `json:"contentType"`
	Answer json.RawMessage `json:"answer"`
}

// Calls are all of them, by name.
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

package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// document is a CycloneDX 1.6 document, as far as it is written here.
type document struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type     string          `json:"type"`
	Name     string          `json:"name"`
	Version  string          `json:"version"`
	PURL     string          `json:"purl,omitempty"`
	Hashes   []hash          `json:"hashes,omitempty"`
	Licenses []licenseChoice `json:"licenses,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licenseChoice struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

// pageSBOM describes the packages of the page, with the checksums of package-lock.json.
func pageSBOM(version string, packages []part) ([]byte, error) {
	d := document{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{component{Type: "application", Name: "harang page", Version: version}},
	}
	for _, p := range packages {
		texts, err := licenseFiles(p.dir)
		if err != nil {
			return nil, err
		}
		ids, err := classifyAll(texts)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", p.name, p.version, err)
		}
		c := component{Type: "library", Name: p.name, Version: p.version, PURL: purl(p.name, p.version)}
		for _, id := range ids {
			var choice licenseChoice
			choice.License.ID = id
			c.Licenses = append(c.Licenses, choice)
		}
		encoded, ok := strings.CutPrefix(p.integrity, "sha512-")
		sum, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil {
			return nil, fmt.Errorf("%s %s: the checksum %q is no SHA-512", p.name, p.version, p.integrity)
		}
		c.Hashes = []hash{{"SHA-512", hex.EncodeToString(sum)}}
		d.Components = append(d.Components, c)
	}
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}

// purl is the package URL of an npm package: "@" of a scope is escaped, "/" is not.
func purl(name, version string) string {
	scope, base, ok := strings.Cut(name, "/")
	if !ok {
		return "pkg:npm/" + url.PathEscape(name) + "@" + version
	}
	return "pkg:npm/" + strings.Replace(scope, "@", "%40", 1) + "/" + url.PathEscape(base) + "@" + version
}

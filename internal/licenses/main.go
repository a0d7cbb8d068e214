// Command licenses writes web/public/licenses.txt, the licences of everything that the
// program is made of: the Go modules that cmd/harang links, the npm packages that the page
// depends on, and the page's font. It fails when one of them has no licence file, or one
// that is not in the list of those that may be shipped under Apache-2.0.
//
// With --check it writes nothing and fails when the file is stale. With --page-sbom it
// prints what the page is made of instead, as a CycloneDX document.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// target is the file, from the project's root.
const target = "web/public/licenses.txt"

func main() {
	check := flag.Bool("check", false, "write nothing; fail when the file is stale")
	sbom := flag.String("page-sbom", "", "print what the page of this version is made of")
	flag.Parse()
	if err := run(context.Background(), ".", *check, *sbom, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, check bool, sbomVersion string, out io.Writer) error {
	packages, err := pagePackages(root)
	if err != nil {
		return err
	}
	if sbomVersion != "" {
		text, err := pageSBOM(sbomVersion, packages)
		if err == nil {
			_, err = out.Write(text)
		}
		return err
	}
	parts, err := linkedModules(ctx, root)
	if err != nil {
		return err
	}
	text, err := write(slices.Concat(parts, packages))
	if err != nil {
		return err
	}
	path := filepath.Join(root, target)
	if !check {
		return os.WriteFile(path, text, 0o644) //nolint:gosec // a public file of the page
	}
	present, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(present, text) {
		return fmt.Errorf("%s is stale: run make generate", target)
	}
	return nil
}

// part is a module or package that is shipped; dir has its licence files. integrity is the
// checksum that package-lock.json has of a package.
type part struct{ name, version, dir, integrity string }

// write returns the file's text, or an error that names every part whose licence is
// missing, unknown or not allowed.
func write(parts []part) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("Harang is licensed under Apache-2.0. It contains the following software, under these licences.\n")
	var wrong []error
	for _, p := range parts {
		texts, err := licenseFiles(p.dir)
		if err != nil {
			return nil, err
		}
		names, err := classifyAll(texts)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s %s: %w", p.name, p.version, err))
			continue
		}
		fmt.Fprintf(&out, "\n%s\n%s %s (%s)\n\n", strings.Repeat("=", 80), p.name, p.version, strings.Join(names, ", "))
		for i, text := range texts {
			if i > 0 {
				out.WriteString("\n" + strings.Repeat("-", 80) + "\n\n")
			}
			out.WriteString(text.content)
		}
	}
	return out.Bytes(), errors.Join(wrong...)
}

// licenseText is a licence file or notice, its lines ended by a line feed.
type licenseText struct{ name, content string }

// licenseFiles reads the files of a directory that have the terms of its content, by name.
// Of a package that was published without one it is what its package.json says.
func licenseFiles(dir string) ([]licenseText, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var texts []licenseText
	for _, entry := range entries {
		if !isLicenseFile(entry.Name()) || entry.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		lines := strings.Split(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " \t\f")
		}
		text := strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
		texts = append(texts, licenseText{entry.Name(), text})
	}
	if manifest, err := os.ReadFile(filepath.Join(dir, "package.json")); len(texts) == 0 && err == nil {
		return declaration(manifest)
	}
	return texts, nil
}

// declaration keeps of a package.json what a notice needs.
func declaration(manifest []byte) ([]licenseText, error) {
	var kept struct {
		License json.RawMessage `json:"license,omitempty"`
		Author  json.RawMessage `json:"author,omitempty"`
	}
	if err := json.Unmarshal(manifest, &kept); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(kept, "", "  ")
	return []licenseText{{"package.json", string(text) + "\n"}}, err
}

// isLicenseFile: LICENSE, LICENSE.md, LICENSE-3RD-PARTY, COPYING, NOTICE, PATENTS and the like.
func isLicenseFile(name string) bool {
	base, ext, _ := strings.Cut(strings.ToUpper(name), ".")
	if ext != "" && ext != "TXT" && ext != "MD" {
		return false
	}
	for _, begins := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS"} {
		if base == begins || strings.HasPrefix(base, begins+"-") {
			return true
		}
	}
	return false
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// copied are packages of which the page or the program contains files though neither depends on them: the fonts, and
// the list of common passwords.
var copied = []string{"@fontsource-variable/inter", "@zxcvbn-ts/language-common"}

// linkedModules lists Go and the modules that cmd/harang links on Linux, by path.
func linkedModules(ctx context.Context, root string) ([]part, error) {
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-f",
		`{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}`, "./cmd/harang")
	list.Dir = root
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	var failure bytes.Buffer
	list.Stderr = &failure
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, failure.String())
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	parts := []part{{name: "Go", version: "standard library", dir: strings.TrimSpace(string(goroot))}}
	for _, line := range slices.Compact(lines) {
		if line == "" {
			continue
		}
		fields := strings.SplitN(line, " ", 3)
		if len(fields) != 3 || fields[2] == "" {
			return nil, fmt.Errorf("the module %q is not downloaded", line)
		}
		parts = append(parts, part{name: fields[0], version: fields[1], dir: fields[2]})
	}
	return parts, nil
}

// lockFile is what is read of a package-lock.json.
type lockFile struct {
	Packages map[string]lockedPackage `json:"packages"`
}

type lockedPackage struct {
	Version      string            `json:"version"`
	Resolved     string            `json:"resolved"`
	Integrity    string            `json:"integrity"`
	Link         bool              `json:"link"`
	Dependencies map[string]string `json:"dependencies"`
}

// pagePackages lists the packages that the page depends on, directly or not, without those
// of this project, by name and version. They must be installed.
func pagePackages(root string) ([]part, error) {
	text, err := os.ReadFile(filepath.Join(root, "package-lock.json"))
	if err != nil {
		return nil, err
	}
	var lock lockFile
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("package-lock.json: %w", err)
	}
	paths, err := lock.closure("web", copied)
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, path := range paths {
		name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
		locked := lock.Packages[path]
		dir := filepath.Join(root, filepath.FromSlash(path))
		parts = append(parts, part{name, locked.Version, dir, locked.Integrity})
	}
	slices.SortFunc(parts, func(a, b part) int {
		return strings.Compare(a.name+" "+a.version, b.name+" "+b.version)
	})
	return parts, nil
}

// closure returns the paths of the installed packages that start needs, directly or not,
// and of the ones in also.
func (l *lockFile) closure(start string, also []string) ([]string, error) {
	seen := map[string]bool{}
	var missing []error
	var visit func(path string, dependencies ...string)
	visit = func(path string, dependencies ...string) {
		for _, name := range dependencies {
			found, ok := l.resolve(path, name)
			if !ok {
				missing = append(missing, fmt.Errorf("%s is not in package-lock.json, which %s needs", name, path))
				continue
			}
			if seen[found] {
				continue
			}
			seen[found] = true
			l.visitDependencies(found, visit)
		}
	}
	l.visitDependencies(start, visit)
	visit(start, also...)
	var paths []string
	for path := range seen {
		if strings.Contains(path, "node_modules/") && !l.Packages[path].Link {
			paths = append(paths, path)
		}
	}
	return paths, errors.Join(missing...)
}

func (l *lockFile) visitDependencies(path string, visit func(path string, dependencies ...string)) {
	if p := l.Packages[path]; p.Link {
		l.visitDependencies(p.Resolved, visit)
	}
	for name := range l.Packages[path].Dependencies {
		visit(path, name)
	}
}

// resolve finds what a package at path gets for a name, as Node does.
func (l *lockFile) resolve(path, name string) (string, bool) {
	for {
		candidate := strings.TrimPrefix(path+"/node_modules/"+name, "/")
		if _, ok := l.Packages[candidate]; ok {
			return candidate, true
		}
		if path == "" {
			return "", false
		}
		if i := strings.LastIndex(path, "/node_modules/"); i >= 0 {
			path = path[:i]
		} else {
			path = ""
		}
	}
}

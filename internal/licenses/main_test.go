package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRun_Project: the committed file is what the program and the page are made of now.
func TestRun_Project(t *testing.T) {
	if err := run(t.Context(), "../..", true, "", nil); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(filepath.Join("../..", target))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"\nGo standard library (BSD-3-Clause)\n", "\nmodernc.org/sqlite v", "\nreact 1", "\nsocket.io-client 4",
		"\n@fontsource-variable/inter 5",
	} {
		if !strings.Contains(string(text), name) {
			t.Errorf("%s has no %q", target, name)
		}
	}
	for _, name := range []string{"\nvitest", "\nmsw ", "\ngo.uber.org/goleak"} {
		if strings.Contains(string(text), name) {
			t.Errorf("%s has %q, which is not shipped", target, name)
		}
	}
}

func TestClassify(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby granted, free of charge, to any\nperson obtaining a copy of …" +
			" The above copyright\nnotice and this permission notice shall be included": "MIT",
		"Apache License\n Version 2.0, January 2004\n … 3. Grant of Patent License.":           "Apache-2.0",
		"Redistribution and use in source and binary forms … Redistributions in binary form …": "BSD-2-Clause",
		"Redistribution and use in source and binary forms … Redistributions in binary form … " +
			"to endorse or promote products derived from this software": "BSD-3-Clause",
		"Apache License\n Version 2.0, January 2004\n … Grant of Patent License … \"Commons Clause\" License": "",
		"GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007":                                                  "",
		"All rights reserved.": "",
		"":                     "",
	} {
		got, err := classify(text)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestWrite_Refused: every part that may not be shipped is named.
func TestWrite_Refused(t *testing.T) {
	dirs := map[string]map[string]string{
		"without":  {"README.md": "MIT"},
		"unknown":  {"LICENSE": "Do what you want."},
		"strange":  {"package.json": `{"license": "SEE LICENSE IN x"}`},
		"good":     {"COPYING": "Permission to use, copy, modify, and/or distribute this software for any purpose"},
		"declared": {"package.json": `{"license": "MIT", "author": {"name": "A"}}`},
	}
	var parts []part
	for _, name := range []string{"without", "unknown", "strange", "good", "declared"} {
		dir := t.TempDir()
		for file, text := range dirs[name] {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		parts = append(parts, part{name: name, version: "v1", dir: dir})
	}
	_, err := write(parts)
	if err == nil {
		t.Fatal("nothing was refused")
	}
	for name, wrong := range map[string]bool{
		"without": true, "unknown": true, "strange": true, "good": false, "declared": false,
	} {
		if strings.Contains(err.Error(), name+" v1") != wrong {
			t.Errorf("%s refused: %v; %v", name, !wrong, err)
		}
	}
	text, err := write(parts[3:])
	if err != nil || !strings.Contains(string(text), "declared v1 (MIT)\n\n{\n  \"license\": \"MIT\"") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestClosure: nested packages win over those above, links lead to the project's own
// packages, and a package that is missing is named.
func TestClosure(t *testing.T) {
	lock := lockFile{map[string]lockedPackage{
		"web":                           {Dependencies: map[string]string{"a": "1", "own": "1"}},
		"node_modules/a":                {Version: "1", Dependencies: map[string]string{"b": "2"}},
		"node_modules/a/node_modules/b": {Version: "2", Dependencies: map[string]string{"a": "1"}},
		"node_modules/b":                {Version: "1"},
		"node_modules/c":                {Version: "1"},
		"node_modules/d":                {Version: "1"},
		"node_modules/own":              {Link: true, Resolved: "clients/own"},
		"clients/own":                   {Dependencies: map[string]string{"c": "1"}},
	}}
	paths, err := lock.closure("web", []string{"d"})
	slices.Sort(paths)
	want := []string{"node_modules/a", "node_modules/a/node_modules/b", "node_modules/c", "node_modules/d"}
	if diff := cmp.Diff(want, paths); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := lock.closure("web", []string{"absent"}); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Error(err)
	}
}

// TestPageSBOM: every package of the page is there with its licence and checksum.
func TestPageSBOM(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), "../..", false, "1.2.3", &out); err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	components := map[string]component{}
	for _, c := range d.Components {
		components[c.Name] = c
	}
	for _, name := range []string{"react", "react-dom", "scheduler", "socket.io-client", "ms", "@base-ui/react"} {
		c := components[name]
		if len(c.Licenses) != 1 || c.Licenses[0].License.ID != "MIT" || len(c.Hashes) != 1 ||
			len(c.Hashes[0].Content) != 128 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if got, want := purl("@base-ui/react", "1.9.0"), "pkg:npm/%40base-ui/react@1.9.0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if d.Format != "CycloneDX" || d.Metadata.Component.Version != "1.2.3" {
		t.Errorf("%+v", d.Metadata)
	}
	if _, err := pageSBOM("1", []part{{name: "x", version: "1", dir: t.TempDir()}}); err == nil {
		t.Error("a package without a licence is in the document")
	}
}

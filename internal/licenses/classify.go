package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// allowed are the licences of software that may be part of a program under Apache-2.0, by
// their SPDX identifier, each with phrases that together appear in its text only. A licence
// whose phrases contain another's comes first.
var allowed = []struct {
	id      string
	phrases []string
}{
	{"Apache-2.0", []string{"Apache License", "Version 2.0, January 2004", "Grant of Patent License"}},
	{"MPL-2.0", []string{"Mozilla Public License", "2.0", "Covered Software"}},
	{"OFL-1.1", []string{"SIL OPEN FONT LICENSE Version 1.1"}},
	{"BSD-3-Clause", []string{
		"Redistribution and use in source and binary forms", "Redistributions in binary form",
		"to endorse or promote products derived from this software",
	}},
	{"BSD-2-Clause", []string{"Redistribution and use in source and binary forms", "Redistributions in binary form"}},
	{"ISC", []string{"Permission to use, copy, modify, and/or distribute this software for any purpose"}},
	{"MIT", []string{
		"Permission is hereby granted, free of charge, to any person obtaining a copy",
		"The above copyright notice and this permission notice",
	}},
	{"Unlicense", []string{"This is free and unencumbered software released into the public domain"}},
}

// refused is the name of an addition that takes back what the licence above it allows.
const refused = "Commons Clause"

// classify returns the SPDX identifier of a licence's text.
func classify(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if strings.Contains(text, refused) {
		return "", fmt.Errorf("the licence is not allowed: %s", refused)
	}
	for _, license := range allowed {
		if !slices.ContainsFunc(license.phrases, func(phrase string) bool { return !strings.Contains(text, phrase) }) {
			return license.id, nil
		}
	}
	return "", errors.New("the licence is not one of those that are known")
}

// classifyAll returns the licences of a part: each LICENSE and COPYING must be known;
// notices, patents and the collected texts of others are only shown.
func classifyAll(texts []licenseText) (ids []string, err error) {
	for _, text := range texts {
		id := ""
		switch base, _, _ := strings.Cut(strings.ToUpper(text.name), "."); base {
		case "LICENSE", "LICENCE", "COPYING":
			id, err = classify(text.content)
		case "PACKAGE":
			id, err = declared(text.content)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text.name, err)
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, errors.New("it has no licence file")
	}
	return ids, nil
}

// declared returns the licence that a package.json names.
func declared(text string) (string, error) {
	var manifest struct {
		License string `json:"license"`
	}
	if err := json.Unmarshal([]byte(text), &manifest); err != nil {
		return "", err
	}
	for _, license := range allowed {
		if license.id == manifest.License {
			return license.id, nil
		}
	}
	return "", fmt.Errorf("the licence is not one of those that are known: %q", manifest.License)
}

package httpapi

import "maps"

// SafeText is what a log line has of a reported text.
var SafeText = safeText

// Patterns are the routes that a handler with these options has.
func Patterns(o Options) ([]string, error) {
	a, err := build(o)
	if err != nil {
		return nil, err
	}
	return a.mux.patterns, nil
}

// Codes are all codes with what the description says of them.
func Codes() map[string]string {
	all := map[string]string{}
	for code := range maps.Keys(codes) {
		all[string(code)] = codes[code].means
	}
	return all
}

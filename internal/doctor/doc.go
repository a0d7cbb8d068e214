// Package doctor looks at what a server needs, changes nothing, and names the
// cure of whatever is wrong. Each function is one check; its Findings are for
// the operator's eyes, so they are sentences and not codes.
package doctor

// Package cli has what the commands of a command line share: errors that name
// the flag and the cure on one line, their exit statuses, secrets from files, and
// input that a signal ends.
package cli

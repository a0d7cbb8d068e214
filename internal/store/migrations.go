package store

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the schema's steps, numbered and forward only, in the dialect of
// SQLite; package postgres adapts them.
//
// From version 0.1.0 on they only expand. While a cluster is upgraded, nodes of
// the previous version work on the new schema, and an upgrade must not lock
// people out: a step adds tables, columns that are nullable or have a default,
// and indexes. It drops, renames and retypes nothing, adds no constraint that an
// older node's write could violate, and a released step is never edited. Steps do not
// depend on the order in which unreleased ones are merged: a missing lower number is
// applied later.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

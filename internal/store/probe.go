package store

import (
	"context"
	"time"

	"harang.dev/harang"
)

// probeRetention is how long the row of a node is kept after its last probe.
const probeRetention = 24 * time.Hour

var (
	putProbe = define("put probe", `
		INSERT INTO probes (node, at) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET at = excluded.at`)

	findProbe = define("find probe", `
		SELECT at FROM probes WHERE node = $1`)

	sweepProbes = define("sweep probes", `
		DELETE FROM probes WHERE at < $1`)
)

// Probe writes the node's own row in an ordinary transaction and reads it back on
// another connection, whose cache the write has made stale. It locks no row that
// others need. UNAVAILABLE when the database cannot be written or read: it does
// not answer, is full, read-only or damaged, or its file was removed. ctx bounds
// the wait for a connection and the read.
func (s *Store) Probe(ctx context.Context, node string) error {
	at := s.nowMillis()
	if err := s.within(ctx, func(tx *Tx) error {
		_, err := execute(ctx, tx, putProbe, node, at)
		return err
	}); err != nil {
		return err
	}
	found, err := queryOne(ctx, s.reader(), findProbe, scanInt, node)
	if err != nil {
		return err
	}
	if found < at {
		return harang.Errorf(harang.CodeUnavailable, "the database lost a row that it had confirmed")
	}
	return s.findSpace(ctx)
}

// findSpace looks for space when a statement has found none. The node's own row is
// written in place, so on PostgreSQL it can be written to a full disk as well.
func (s *Store) findSpace(ctx context.Context) error {
	if s.engine.FindSpace == nil || !s.full.Load() {
		return nil
	}
	err := s.fail("find space", s.engine.FindSpace(ctx))
	if class, _ := classOf(err); err != nil && class != ClassOther {
		return err
	}
	// There is space, or the role may not look for it: the next write that finds none says so again.
	s.full.Store(false)
	return nil
}

// sweepProbes removes the rows of nodes that have not probed for a day.
func (s *Store) sweepProbes(ctx context.Context) error {
	var removed int64
	err := s.within(ctx, func(tx *Tx) (err error) {
		removed, err = execute(ctx, tx, sweepProbes, s.now().Add(-probeRetention).UnixMilli())
		return err
	})
	s.metrics.swept.WithLabelValues("probes").Add(float64(removed))
	return err
}

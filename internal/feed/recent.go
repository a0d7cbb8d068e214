package feed

import (
	"slices"
	"time"

	"harang.dev/harang"
)

// Reason says why entries are missing after a reconnect.
type Reason string

// The reasons, in the order in which they are checked.
const (
	// ReasonEpoch: the position is of another database, tenant or feed, of an
	// earlier epoch, or unreadable. Nothing is replayed.
	ReasonEpoch Reason = "epoch"
	// ReasonAhead: the position lies after the feed's head. Nothing is replayed.
	ReasonAhead Reason = "ahead"
	// ReasonExpired: some missing entries are older than the replay goes back.
	ReasonExpired Reason = "expired"
	// ReasonOverflow: more entries came than the window keeps.
	ReasonOverflow Reason = "overflow"
)

// Gap says that entries are missing.
type Gap struct {
	Reason Reason `json:"reason" enum:"epoch,ahead,expired,overflow" doc:"why"`
	// Missed is how many entries after the position are not replayed; nil when
	// that is unknown (epoch, ahead).
	Missed *int64 `json:"missed" doc:"how many events are not replayed; null when unknown"`
}

// Handover is what a listener begins with.
type Handover[F any] struct {
	// Recovered is true exactly when a position was given and no entry after it
	// is missing.
	Recovered bool
	// Replay are the entries to deliver before any live one, oldest first.
	Replay []*Item[F]
	// Gap is what is missing, nil for nothing.
	Gap *Gap
	// Position is the position before the first entry that follows: the given
	// one when recovered, the one before the first replayed entry after a gap,
	// else the head.
	Position harang.Position
	// Head is the feed's last entry; live entries follow it.
	Head harang.Position
}

// recent is the pure part of a window: the entries that it keeps, and how a
// listener resumes from a position. It has no lock, no listener and no clock.
type recent[F any] struct {
	feed  harang.FeedID
	epoch harang.Epoch
	head  int64
	// items are contiguous and end at head; at most FeedWindowEntries.
	items []*Item[F]
	// marks record when entries were committed that items no longer hold, to
	// the second, so that expired and overflow can be distinguished.
	marks []mark
}

type mark struct {
	number int64
	at     time.Time
}

const markSpacing = time.Second

// replace forgets everything and begins anew at head. The items must be
// contiguous and end at head.
func (r *recent[F]) replace(epoch harang.Epoch, head int64, items []*Item[F]) {
	r.epoch, r.head = epoch, head-int64(len(items))
	r.items, r.marks = nil, nil
	r.add(items)
}

// add appends entries that follow the head without a hole.
func (r *recent[F]) add(items []*Item[F]) {
	for _, it := range items {
		if n := len(r.marks); n == 0 || it.Time.Sub(r.marks[n-1].at) >= markSpacing {
			r.marks = append(r.marks, mark{it.Number, it.Time})
		}
	}
	if len(items) > 0 {
		r.head = items[len(items)-1].Number
	}
	if over := len(r.items) + len(items) - harang.FeedWindowEntries; over > 0 {
		if over >= len(r.items) {
			items = items[over-len(r.items):]
			over = len(r.items)
		}
		r.items = slices.Delete(r.items, 0, over)
	}
	r.items = append(r.items, items...)
}

// dropMarks drops marks that lossReason does not need: all that are too old but
// one.
func (r *recent[F]) dropMarks(now time.Time) {
	i := 0
	for i+1 < len(r.marks) && tooOld(r.marks[i+1].at, now) {
		i++
	}
	r.marks = slices.Delete(r.marks, 0, i)
}

func tooOld(at, now time.Time) bool { return now.Sub(at) > harang.FeedWindowAge }

func (r *recent[F]) position(number int64) harang.Position {
	return harang.Position{Epoch: r.epoch, Audience: r.feed.Audience, Number: number}
}

// behind reports whether the window may be behind the position: the source may
// have reached it already.
func (r *recent[F]) behind(p harang.Position) bool {
	return p.Audience == r.feed.Audience &&
		(p.Epoch > r.epoch || p.Epoch == r.epoch && p.Number > r.head)
}

// resume returns how a listener at position p begins. readable is false when the
// position could not be parsed.
func (r *recent[F]) resume(p harang.Position, readable bool, now time.Time) Handover[F] {
	head := r.position(r.head)
	start := Handover[F]{Position: head, Head: head}
	switch {
	case !readable || p.Epoch != r.epoch || p.Audience != r.feed.Audience || p.Number < 0:
		start.Gap = &Gap{Reason: ReasonEpoch}
		return start
	case p.Number > r.head:
		start.Gap = &Gap{Reason: ReasonAhead}
		return start
	case p.Number == r.head:
		start.Recovered = true
		return start
	}
	young := len(r.items)
	for young > 0 && !tooOld(r.items[young-1].Time, now) {
		young--
	}
	served := r.items[young:]
	first := r.head + 1 - int64(len(served))
	if p.Number+1 >= first {
		start.Recovered = true
		start.Replay = slices.Clone(served[p.Number+1-first:])
		start.Position = p
		return start
	}
	missed := first - p.Number - 1
	start.Gap = &Gap{Reason: r.lossReason(p.Number+1, now), Missed: &missed}
	start.Replay = slices.Clone(served)
	start.Position = r.position(first - 1)
	return start
}

// lossReason says why the entry with this number, the first missing one, is not
// replayed.
func (r *recent[F]) lossReason(number int64, now time.Time) Reason {
	if number > r.head-int64(len(r.items)) {
		return ReasonExpired
	}
	// The entry was committed within a second of the last mark up to it; one
	// before the first mark is older than that.
	at := -1
	for at+1 < len(r.marks) && r.marks[at+1].number <= number {
		at++
	}
	if len(r.marks) > 0 && tooOld(r.marks[max(at, 0)].at, now) {
		return ReasonExpired
	}
	return ReasonOverflow
}

// find returns the item with that number, nil when the window does not keep it.
func (r *recent[F]) find(number int64) *Item[F] {
	i := number - (r.head - int64(len(r.items))) - 1
	if i < 0 || i >= int64(len(r.items)) {
		return nil
	}
	return r.items[i]
}

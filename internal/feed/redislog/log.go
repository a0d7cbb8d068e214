package redislog

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

//go:embed append.lua
var appendText string

var appendScript = rueidis.NewLuaScript(appendText)

const (
	// streamTTL is how long a stream outlives its last entry: the age up to
	// which entries are served, and a minute for clocks that differ.
	streamTTL = harang.FeedWindowAge + time.Minute
	// headTTL is how long a head outlives its last entry. A head that is gone
	// is rebuilt from the database.
	headTTL = 7 * 24 * time.Hour
	// callTimeout ends one call of Redis.
	callTimeout = time.Second
)

// Options configure a Log.
type Options struct {
	// Client is the connection to Redis; the caller closes it. Required.
	Client rueidis.Client
	// Database is the number of Redis's database that the client has selected.
	// Redis separates the keys of two databases, but not their channels.
	Database int
	// Logger gets foreign data and broken subscriptions. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means none.
	Registry prometheus.Registerer
}

// Log is the shared log. It implements the relay's port.
type Log struct {
	client  rueidis.Client
	prefix  string // of channels
	log     *slog.Logger
	metrics *metrics
}

// NewLog builds a Log.
func NewLog(o Options) *Log {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Log{
		client:  o.Client,
		prefix:  "harang:" + strconv.Itoa(o.Database) + ":{",
		log:     o.Logger,
		metrics: newMetrics(o.Registry),
	}
}

func headKey(f harang.FeedID) string {
	return "harang:{" + f.Tenant + "}:head:" + f.Audience.Letter()
}

func streamKey(f harang.FeedID) string {
	return "harang:{" + f.Tenant + "}:log:" + f.Audience.Letter()
}

func (l *Log) channel(tenant string) string { return l.prefix + tenant + "}:live" }

// unavailable is the error for a Redis that does not answer.
func (l *Log) unavailable(err error) error {
	l.metrics.failures.Inc()
	return harang.Wrap(harang.CodeUnavailable, err, "the shared feed log does not answer")
}

// foreign records data in the log that this program did not write.
func (l *Log) foreign(where string, feed harang.FeedID, detail string) {
	l.metrics.foreign.WithLabelValues(where).Inc()
	l.log.Warn("foreign data in the shared feed log; replacing it from the database",
		"where", where, "feed", feed.String(), "detail", detail)
}

// probeKey is written by Probe, and deleted by Redis after probeLife.
const (
	probeKey  = "harang:probe"
	probeLife = time.Minute
)

// Probe reports whether Redis takes writes, UNAVAILABLE if not: one that is full, a
// replica, or without the replicas it wants, answers and is of no use.
func (l *Log) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	set := l.client.B().Set().Key(probeKey).Value("").Ex(probeLife).Build()
	if err := l.client.Do(ctx, set).Error(); err != nil {
		return l.unavailable(err)
	}
	return nil
}

// Heads returns the log's head of each feed of the tenant. A feed without a head
// has the epoch "".
func (l *Log) Heads(ctx context.Context, tenant string) ([]harang.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	audiences := harang.Audiences()
	calls := make(rueidis.Commands, len(audiences))
	for i, a := range audiences {
		key := headKey(harang.FeedID{Tenant: tenant, Audience: a})
		calls[i] = l.client.B().Hmget().Key(key).Field("epoch", "number").Build()
	}
	heads := make([]harang.Position, len(audiences))
	for i, answer := range l.client.DoMulti(ctx, calls...) {
		feed := harang.FeedID{Tenant: tenant, Audience: audiences[i]}
		head, err := l.readHead(feed, answer)
		if err != nil {
			return nil, err
		}
		heads[i] = head
	}
	return heads, nil
}

// readHead reads the answer to HMGET. Anything but a head counts as absent: the
// next append replaces it.
func (l *Log) readHead(feed harang.FeedID, answer rueidis.RedisResult) (harang.Position, error) {
	none := harang.Position{Audience: feed.Audience}
	values, err := answer.ToArray()
	if err != nil {
		if wrongType(err) {
			l.foreign("head", feed, "not a hash")
			return none, nil
		}
		return none, l.unavailable(err)
	}
	if len(values) == 2 && values[0].IsNil() && values[1].IsNil() {
		return none, nil
	}
	if len(values) == 2 {
		epoch, err1 := values[0].ToString()
		number, err2 := values[1].ToString()
		head, ok := harang.ParsePosition(epoch + ":" + feed.Audience.Letter() + ":" + number)
		if ok && err1 == nil && err2 == nil && len(number) <= 15 {
			return head, nil
		}
	}
	l.foreign("head", feed, "not an epoch and a number")
	return none, nil
}

// wrongType reports whether Redis refused a command because the key has a value
// of another type.
func wrongType(err error) bool {
	e, ok := rueidis.IsRedisErr(err)
	return ok && len(e.Error()) >= 9 && e.Error()[:9] == "WRONGTYPE"
}

// Append adds entries as relay.Log says, and publishes them.
func (l *Log) Append(
	ctx context.Context, feed harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
) (head harang.Position, fork bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	args := make([]string, 6, 6+len(entries))
	args[0] = string(epoch)
	args[1] = strconv.FormatInt(first, 10)
	args[2] = strconv.Itoa(harang.FeedWindowEntries)
	args[3] = strconv.FormatInt(streamTTL.Milliseconds(), 10)
	args[4] = strconv.FormatInt(headTTL.Milliseconds(), 10)
	args[5] = feed.Audience.Letter()
	for _, e := range entries {
		text, err := encode(e)
		if err != nil {
			return harang.Position{}, false, harang.Wrap(
				harang.CodeInternal, err, "an entry cannot be written to the shared feed log",
			)
		}
		args = append(args, text)
	}
	keys := []string{headKey(feed), streamKey(feed), l.channel(feed.Tenant)}
	answer, err := appendScript.Exec(ctx, l.client, keys, args).ToArray()
	if err != nil {
		return harang.Position{}, false, l.unavailable(err)
	}
	head, fork, repaired, err := readAnswer(feed, answer)
	if err != nil {
		return harang.Position{}, false, l.unavailable(err)
	}
	if repaired {
		l.foreign("stream", feed, "removed while appending")
	}
	return head, fork, nil
}

var errAnswer = errors.New("redislog: the script's answer cannot be read")

func readAnswer(
	feed harang.FeedID, answer []rueidis.RedisMessage,
) (head harang.Position, fork, repaired bool, err error) {
	if len(answer) != 4 {
		return head, false, false, errAnswer
	}
	epoch, err1 := answer[0].ToString()
	id, err2 := answer[1].ToString()
	forked, err3 := answer[2].AsInt64()
	removed, err4 := answer[3].AsInt64()
	number, ok := parseStreamID(id)
	if err := errors.Join(err1, err2, err3, err4); err != nil || !ok {
		return head, false, false, errors.Join(errAnswer, err)
	}
	head = harang.Position{Epoch: harang.Epoch(epoch), Audience: feed.Audience, Number: number}
	return head, forked == 1, removed == 1, nil
}

// Entries returns a feed's head and the newest entries that end there, ascending:
// fewer than there were when some are foreign or have expired. The epoch is ""
// when the feed has no head.
func (l *Log) Entries(ctx context.Context, feed harang.FeedID) (harang.Position, []outbox.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	readHead := func() rueidis.Completed {
		return l.client.B().Hmget().Key(headKey(feed)).Field("epoch", "number").Build()
	}
	// The head is read before and after: in one epoch the stream only grows, so
	// entries read between two heads of one epoch are of that epoch.
	for {
		answers := l.client.DoMulti(
			ctx, readHead(), l.client.B().Xrange().Key(streamKey(feed)).Start("-").End("+").Build(), readHead(),
		)
		before, err := l.readHead(feed, answers[0])
		if err != nil {
			return before, nil, err
		}
		after, err := l.readHead(feed, answers[2])
		if err != nil {
			return after, nil, err
		}
		if before.Epoch != after.Epoch {
			continue // at most until the context ends
		}
		stream, err := answers[1].AsXRange()
		if err != nil {
			if !wrongType(err) {
				return after, nil, l.unavailable(err)
			}
			l.foreign("stream", feed, "not a stream")
			stream = nil
		}
		entries := l.tail(feed, stream)
		if n := len(entries); n > 0 {
			last := entries[n-1].Number
			if last < before.Number || last > after.Number {
				l.foreign("stream", feed, "does not end at the head")
				return after, nil, nil
			}
			after.Number = last
		}
		return after, entries, nil
	}
}

// tail returns the stream's last entries without a hole.
func (l *Log) tail(feed harang.FeedID, stream []rueidis.XRangeEntry) []outbox.Entry {
	var entries []outbox.Entry
	for _, item := range stream {
		number, ok := parseStreamID(item.ID)
		var e outbox.Entry
		if ok = ok && len(item.FieldValues) == 1; ok {
			e, ok = decode(number, item.FieldValues["e"])
		}
		if !ok {
			l.foreign("stream", feed, "not an entry: "+item.ID)
			continue
		}
		if n := len(entries); n > 0 && entries[n-1].Number != number-1 {
			entries = entries[:0]
		}
		entries = append(entries, e)
	}
	return entries
}

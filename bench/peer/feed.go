package peer

import (
	"context"
	"encoding/json"
	"net"
	"strconv"
	"sync"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/socketio"
)

// feedServer is Harang's fan-out as it is in the program, without database,
// login and relay: a window per room, whose deliverer writes everything that
// came since its last round as one buffer to each listener.
type feedServer struct {
	server    *socketio.Server
	namespace *socketio.Namespace
	hub       *feed.Hub[*socketio.Frame]
	epoch     harang.Epoch

	mu   sync.Mutex
	next map[int]int64 // guarded by mu; the number that a room's next event gets
}

func newFeed() *feedServer {
	s := &feedServer{epoch: harang.NewEpoch(time.Now(), 1, ""), next: map[int]int64{}}
	s.hub = feed.New(feed.Options[*socketio.Frame]{Source: emptySource{s.epoch}, Encoder: s})
	s.server = socketio.New(nil)
	s.namespace = s.server.Namespace("/", socketio.Handler{Connect: s.connect})
	return s
}

func feedOf(room int) harang.FeedID {
	return harang.FeedID{Tenant: "room-" + strconv.Itoa(room), Audience: harang.AudienceManagers}
}

func (s *feedServer) connect(ctx context.Context, r *socketio.Request) {
	l := &feedListener{server: s, feed: feedOf(roomOf(r)), socket: r.Socket()}
	if _, _, err := s.hub.Join(ctx, l.feed, feed.Start{}, l); err != nil {
		r.Drop()
		return
	}
	_ = r.Accept("") // a client that is gone is found missing by the load program
}

func (s *feedServer) Serve(l net.Listener) error { return serveHTTP(l, s.server) }

func (s *feedServer) Publish(room int, events []Event) {
	s.mu.Lock()
	first := s.next[room] + 1
	s.next[room] += int64(len(events))
	s.mu.Unlock()
	entries := make([]outbox.Entry, len(events))
	for i, e := range events {
		entries[i] = outbox.Entry{Number: first + int64(i), EventID: e.ID, Type: EventType, Time: e.Time, Body: e.Body}
	}
	_, _, _ = s.hub.Append(context.Background(), feedOf(room), s.epoch, first, entries) // the source does not fail
}

// feedListener is one listener; see gateway's conn.
type feedListener struct {
	server *feedServer
	feed   harang.FeedID
	socket *socketio.Socket
}

func (l *feedListener) Feed() harang.FeedID { return l.feed }

func (l *feedListener) Deliver(r *feed.Run[*socketio.Frame]) {
	_ = l.socket.Deliver(r.Frame()) // as in socketIO
}

func (l *feedListener) Reset() { l.socket.CloseTransport() }

// Join makes one frame of several entries that are delivered together.
func (s *feedServer) Join(frames []*socketio.Frame) *socketio.Frame { return socketio.Join(frames...) }

// Encode makes the frame of an entry.
func (s *feedServer) Encode(it *feed.Item[*socketio.Frame]) *socketio.Frame {
	frame, err := s.namespace.Encode(it.Type, json.RawMessage(it.Body), json.RawMessage(`"`+it.Position().String()+`"`))
	if err != nil {
		panic(err) // an event of this program
	}
	return frame
}

// emptySource is a database without entries.
type emptySource struct{ epoch harang.Epoch }

func (s emptySource) NewestEntries(_ context.Context, id harang.FeedID, _ int) (outbox.Heads, []outbox.Entry, error) {
	return outbox.Heads{Tenant: id.Tenant, Epoch: s.epoch}, nil, nil
}

func (emptySource) EntriesAfter(context.Context, harang.FeedID, int64, int) ([]outbox.Entry, error) {
	return nil, nil
}

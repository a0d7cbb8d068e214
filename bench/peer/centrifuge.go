package peer

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"

	"harang.dev/harang"
)

// centrifugeServer is the library inside Centrifugo, with its memory engine: a
// history as long as Harang's window, listeners that can recover. A room is a
// channel; the client names it as the connect command's data.
type centrifugeServer struct{ node *centrifuge.Node }

// batchDelay is how long the batching variant collects messages of a connection
// before it writes them.
const batchDelay = 5 * time.Millisecond

// newCentrifuge makes the peer; with batching its connections write by timer and
// without a limit of messages per frame, which costs batchDelay of latency.
func newCentrifuge(batching bool) (*centrifugeServer, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, err
	}
	node.OnConnecting(func(_ context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		reply := centrifuge.ConnectReply{
			Credentials: &centrifuge.Credentials{},
			Subscriptions: map[string]centrifuge.SubscribeOptions{
				string(e.Data): {EnableRecovery: true, EnablePositioning: true},
			},
		}
		if batching {
			reply.WriteDelay, reply.WriteWithTimer, reply.MaxMessagesInFrame = batchDelay, true, -1
		}
		return reply, nil
	})
	node.OnConnect(func(*centrifuge.Client) {})
	return &centrifugeServer{node}, node.Run()
}

func (s *centrifugeServer) Serve(l net.Listener) error {
	return serveHTTP(l, centrifuge.NewWebsocketHandler(s.node, centrifuge.WebsocketConfig{UseWriteBufferPool: true}))
}

func (s *centrifugeServer) Publish(room int, events []Event) {
	for _, e := range events {
		_, _ = s.node.Publish(strconv.Itoa(room), e.Body,
			centrifuge.WithHistory(harang.FeedWindowEntries, harang.FeedWindowAge)) // the memory engine does not fail
	}
}

package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Mark precedes the time of sending, 19 digits of nanoseconds
// since 1970, in every event of every peer.
const Mark = `"rentalId":"`

// EventType is the type of the events.
const EventType = "rental_created"

// maxWaiting is how many events of a room may wait for its worker. What comes
// while they do is skipped, so that the latency of an overloaded peer is that
// of a full queue and not of the length of the run.
const maxWaiting = 16

// Event is one event on its way to a room.
type Event struct {
	ID   string
	Time time.Time
	// Body is the event's JSON as a client of Harang gets it, about 300 bytes.
	Body []byte
}

// NewEvent makes event n as of now.
func NewEvent(n int, now time.Time) Event {
	e := Event{ID: fmt.Sprintf("01a206ef-b43f-7000-8000-%012x", n), Time: now}
	b := make([]byte, 0, 320)
	b = append(b, `{"eventId":"`...)
	b = append(b, e.ID...)
	b = append(b, `","timestamp":"`...)
	b = now.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, `","type":"`+EventType+`","data":{`+Mark...)
	b = strconv.AppendInt(b, now.UnixNano(), 10)
	b = append(b,
		`","partnerId":"alfa-epito","partnerName":"Alfa Építő és Felújító Kft.","equipmentCount":3,"totalValue":42000,"currency":"HUF"}}`...)
	e.Body = b
	return e
}

// value is the event as a Go value, for servers that do not take encoded JSON.
func (e Event) value() map[string]any {
	var value map[string]any
	if err := json.Unmarshal(e.Body, &value); err != nil {
		panic(err) // an event of this program
	}
	return value
}

// Produce makes rate events a second, spread over the rooms in turn, until ctx
// ends. Each room has a worker, which hands publish everything that came since
// its last call; a peer that sends each event by itself loops over them.
func Produce(ctx context.Context, rooms, rate int, publish func(room int, events []Event)) {
	waiting := make([]chan Event, rooms)
	for room := range waiting {
		waiting[room] = make(chan Event, maxWaiting)
		go work(ctx, waiting[room], func(events []Event) { publish(room, events) })
	}
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(rate))
		if wait := time.Until(due); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		} else if ctx.Err() != nil {
			return
		}
		select {
		case waiting[n%rooms] <- NewEvent(n, time.Now()):
		default:
		}
	}
}

// work publishes what waits, all at once, until ctx ends.
func work(ctx context.Context, waiting <-chan Event, publish func([]Event)) {
	events := make([]Event, 0, maxWaiting)
	for {
		select {
		case e := <-waiting:
			events = append(events[:0], e)
		case <-ctx.Done():
			return
		}
		for more := true; more && len(events) < maxWaiting; {
			select {
			case e := <-waiting:
				events = append(events, e)
			default:
				more = false
			}
		}
		publish(events)
	}
}

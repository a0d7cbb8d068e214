package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/feed/redislog"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/seat"
	"harang.dev/harang/internal/store"
)

// cluster is what the nodes share through Redis.
type cluster struct {
	client   rueidis.Client
	log      *redislog.Log
	follower *redislog.Follower
	seats    *seat.Seats
}

// joinCluster connects to Redis; it returns nil without it. evict closes a
// connection of this node whose seat was taken over on another one.
func joinCluster(ctx context.Context, c *serveCommand, st *store.Store, evict func(tenant, connection string),
	log *slog.Logger, registry prometheus.Registerer) (*cluster, error) {
	url, err := c.RedisURL()
	if err != nil || url == "" {
		return nil, err
	}
	client, err := redislog.Dial(ctx, url)
	var coded *harang.Error
	if errors.As(err, &coded) {
		return nil, cli.Usagef("--redis", "%s", coded.Message).
			Cure("name a Redis 7 or Valkey that this machine reaches, with its password")
	}
	if err != nil {
		return nil, err
	}
	joined := &cluster{client: client, log: redislog.NewLog(redislog.Options{
		Client: client, Database: redislog.DatabaseOf(url), Logger: log, Registry: registry,
	})}
	joined.follower = redislog.NewFollower(joined.log, st)
	joined.seats = seat.New(seat.Options{Client: client, Node: config.NewID(), Evict: evict, Logger: log,
		Registry: registry})
	return joined, nil
}

// sharedSeats are the seats of all nodes behind the gateway's port.
type sharedSeats struct{ *seat.Seats }

func (s sharedSeats) Take(ctx context.Context, x gateway.Seat, limits gateway.Limits) (string, error) {
	return s.Seats.Take(ctx, seat.Seat(x), seat.Limits(limits))
}

func (s sharedSeats) Rename(ctx context.Context, x gateway.Seat, pid string) error {
	return s.Seats.Rename(ctx, seat.Seat(x), pid)
}

func (s sharedSeats) Release(ctx context.Context, x gateway.Seat) error {
	return s.Seats.Release(ctx, seat.Seat(x))
}

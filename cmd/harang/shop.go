package main

import (
	"context"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// books lets the use cases see the store through their own port.
type books struct{ *store.Store }

// Within runs a use case's transaction.
func (b books) Within(ctx context.Context, fn func(shop.Tx) error) error {
	return b.Store.Within(ctx, func(tx *store.Tx) error { return fn(tx) })
}

// AppendEvents keeps other applications' events, all or none.
func (b books) AppendEvents(ctx context.Context, events []harang.Event) (appended []*harang.Appended, err error) {
	err = b.Store.Within(ctx, func(tx *store.Tx) error {
		appended = tx.Append(events...)
		return nil
	})
	return appended, err
}

// useCases are what people and other applications can do.
type useCases struct {
	inventory     *shop.Inventory
	catalogue     *shop.Catalogue
	notifications *shop.Notifications
	dashboard     *shop.Dashboard
	selfCheck     *shop.SelfCheck
	intake        *ingest.Intake
}

func newUseCases(st *store.Store) *useCases {
	tools := shop.Tools{Books: books{st}, Clock: time.Now, NewID: newID}
	return &useCases{
		inventory:     shop.NewInventory(tools),
		catalogue:     shop.NewCatalogue(tools),
		notifications: shop.NewNotifications(tools),
		dashboard:     shop.NewDashboard(tools),
		selfCheck:     shop.NewSelfCheck(tools),
		intake:        ingest.New(books{st}, newID),
	}
}

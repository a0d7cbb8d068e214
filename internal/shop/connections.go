package shop

import (
	"context"

	"harang.dev/harang"
)

// Connections is the use case of an administrator who closes a connection.
type Connections struct{ *service }

// Close closes a connection of the caller's tenant on whichever node it is, through the control feed. An id that no
// node has changes nothing. Codes: FORBIDDEN, INVALID_REQUEST.
func (c *Connections) Close(ctx context.Context, caller harang.Identity, connectionID string) error {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return err
	}
	if detail := harang.CheckText(connectionID, harang.MaxIDRunes); detail != "" {
		return harang.Invalid(harang.FieldError{Field: "id", Detail: detail})
	}
	return c.store.Within(ctx, func(tx Tx) error {
		e, err := harang.NewEvent(harang.CloseConnectionType, c.newID(), caller.Tenant, c.now(),
			harang.CloseConnection{ConnectionID: connectionID, UserID: caller.UserID})
		if err != nil {
			return err
		}
		tx.Append(e)
		return c.record(ctx, tx, caller, harang.AuditConnectionClose,
			harang.AuditSubject{Kind: harang.AuditConnection, ID: connectionID}, nil, nil)
	})
}

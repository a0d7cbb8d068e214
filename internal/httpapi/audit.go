package httpapi

import (
	"context"
	"encoding/json"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// auditBody is a row of the audit log.
type auditBody struct {
	ID      string             `json:"id"`
	At      instant            `json:"at"`
	Actor   auditActor         `json:"actor"`
	Action  harang.AuditAction `json:"action" doc:"what was done; later versions add names"`
	Subject auditSubject       `json:"subject"`
	From    *string            `json:"from" doc:"network address of the caller; null for the command line and background work"`
	Before  orNull[auditState] `json:"before" doc:"the members that changed, before; null for something new"`
	After   orNull[auditState] `json:"after" doc:"the members that changed, after; null for something deleted"`
	Count   int64              `json:"count" doc:"session.refuse: how many failed logins from this network within the hour; else 1"`
}

// auditState is a part of the state of a thing, whose members depend on the action.
type auditState map[string]any

type auditActor struct {
	ID   string       `json:"id" doc:"a user, key:ID for an API key, cli:ROLE for the command line, system for background work; empty when unknown"`
	Name string       `json:"name" doc:"at that time"`
	Role *harang.Role `json:"role" enum:"OPERATOR,STORE_MANAGER,ADMIN,SERVICE,DISPLAY" doc:"at that time; null without one"`
}

type auditSubject struct {
	Type harang.AuditKind `json:"type" doc:"user, stock, product, rental …; later versions add types"`
	ID   string           `json:"id" doc:"of a stock item: product id, slash, location id; a slash in the product id is %2F, a percent sign %25"`
	Name string           `json:"name" doc:"at that time"`
}

func auditOf(e harang.AuditEntry) auditBody {
	b := auditBody{
		ID: e.ID, At: instant(e.At), Actor: auditActor{ID: e.Actor.ID, Name: e.Actor.Name}, Action: e.Action,
		Subject: auditSubject{e.Subject.Kind, e.Subject.ID, e.Subject.Name}, Count: e.Count,
		Before: stateOrNull(e.Before), After: stateOrNull(e.After),
	}
	if e.Role != "" {
		b.Actor.Role = &e.Role
	}
	if e.From != "" {
		b.From = &e.From
	}
	return b
}

func stateOrNull(text json.RawMessage) orNull[auditState] {
	var state auditState
	if text == nil || json.Unmarshal(text, &state) != nil {
		return orNull[auditState]{}
	}
	return orNull[auditState]{&state}
}

// AuditFilterInput are the filters of the audit log.
type AuditFilterInput struct {
	Actor   string `query:"actor" maxLength:"200" doc:"only what this actor did, by id"`
	Action  string `query:"action" maxLength:"64" doc:"only this action"`
	Subject string `query:"subject" maxLength:"1024" doc:"only what was done to this: type, colon, id; a STORE_MANAGER names a stock item, a product or a rental"`
	Since   string `query:"since" maxLength:"40" doc:"a day (2026-03-02) or an RFC 3339 time from which"`
	Until   string `query:"until" maxLength:"40" doc:"the last day, or a time before which"`
}

func (in AuditFilterInput) query() (harang.AuditQuery, error) {
	q := harang.AuditQuery{ActorID: in.Actor, Action: harang.AuditAction(in.Action)}
	if in.Subject != "" {
		subject, ok := harang.ParseAuditSubject(in.Subject)
		if !ok {
			return q, invalid("subject", "must be a type, a colon and an id, e.g. rental:ID")
		}
		q.Subject = subject
	}
	var err error
	q.Since, q.Until, err = shop.ParseRange("since", in.Since, "until", in.Until)
	return q, err
}

type auditListInput struct {
	ListInput
	AuditFilterInput
}

func (a *API) listAudit(
	ctx context.Context, caller harang.Identity, in *auditListInput,
) (*listOutput[auditBody], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.Cursor, q.Limit = in.Cursor, in.Limit
	page, err := a.Audit.List(ctx, caller, q)
	return &listOutput[auditBody]{listOf(page, auditOf)}, err
}

type exportAuditInput struct{ AuditFilterInput }

func (a *API) exportAudit(ctx context.Context, caller harang.Identity, in *exportAuditInput) (*exportOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return a.export(ctx, caller, "audit", a.Exports.Audit(caller, q))
}

// movementBody is one change of a quantity.
type movementBody struct {
	At       instant    `json:"at"`
	By       personBody `json:"by"`
	Delta    int64      `json:"delta" doc:"pieces added (positive) or removed (negative)"`
	Quantity int64      `json:"quantity" doc:"available pieces after it"`
	Reason   string     `json:"reason" doc:"the person's own, or checkout, return, cancel, expiry, catalogue"`
}

func movementOf(m harang.StockMovement) movementBody {
	return movementBody{instant(m.At), personBody{m.By.ID, m.By.Name}, m.Delta, m.Quantity, m.Reason}
}

type stockHistoryInput struct {
	StockPath
	ListInput
}

func (a *API) stockHistory(
	ctx context.Context, caller harang.Identity, in *stockHistoryInput,
) (*listOutput[movementBody], error) {
	page, err := a.Inventory.Movements(ctx, caller, in.ProductID, in.LocationID, in.Cursor, in.Limit)
	return &listOutput[movementBody]{listOf(page, movementOf)}, err
}

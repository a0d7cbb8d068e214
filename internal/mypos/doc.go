// Package mypos is the myPOS payment provider: it charges stored cards, asks for the
// outcome of a charge, refunds, and receives myPOS's notifications.
//
// # Overview
//
// [Client] calls the Checkout API (IPC 1.4): POST forms whose values, in the order
// sent, are signed with RSA PKCS#1 v1.5 over SHA-256; answers are JSON, signed the
// same way. [Webhook] is one http.Handler for both kinds of notifications, distinguished
// by Content-Type: the IPC form (IPCPurchaseNotify, IPCPurchaseCancel) and the JSON
// webhook (pos.payment.completed, .denied, .reversed, .failed, .cancelled). [Load]
// reads a merchant's configuration file, see [Config].
//
// # Invariants
//
//   - A notification never decides about a payment. It makes the housekeeper ask
//     myPOS at once (FindCharge), and that signed answer decides. The webhook calls
//     nobody itself.
//   - The order of fields survives parsing. A form has exactly the documented names in
//     the documented order, because names are not signed.
//   - Nothing is used before its signature is verified, answers included. Of a JSON
//     webhook only the body counts: its headers are not signed.
//   - An uncertain outcome is PENDING: a charge is DECLINED only when myPOS says so, or
//     when it was never sent.
//   - Amounts are whole forints; a fraction is an error, never rounded.
//
// # Answers of the webhook
//
//	200 OK                 received; a repeat; an event about something else; a JSON
//	                       event of an unknown order
//	401 UNAUTHENTICATED    no signature, an invalid one, or one too old
//	404 NOT_FOUND          the tenant does not use myPOS; a form names an unknown order
//	413 TOO_LARGE          a body over 64 KiB
//	422 INVALID_REQUEST    not a form and not JSON; a field missing, unknown, out of
//	                       order or wrong; another amount than the payment's
//	503 UNAVAILABLE        the database is not available; myPOS repeats
//
// Only the first changes anything, and a repeat changes nothing either. A JSON event of
// an unknown order is accepted, because the webhook reports the merchant's whole account
// and myPOS would repeat it for three days; a form names an order that was once sent, so
// an unknown one is refused.
//
// Verified notifications are one log line each. Others are counted only, because anybody
// can send them. An event pos.* that is not known is counted and warned of once.
//
// # Concurrency
//
// Client and Webhook are safe for concurrent use and start no goroutines.
//
// # Lifecycle
//
// A Client lives as long as its merchant's configuration; [Directory] reads a
// changed file again at its next use.
//
// # Failure
//
// A hanging provider is cut by the caller's context and by a limit of 12 s per
// call; the charge is then PENDING with the code "ipc:timeout". Nothing is
// retried here: the caller asks with FindCharge.
//
// # Dependencies
//
// The root package, shop and the metrics library. [Merchants] and [NoticeSink] are
// ports.
package mypos

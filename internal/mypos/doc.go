// Package mypos is the myPOS payment provider: it charges stored cards, asks
// what became of a charge, gives money back, and takes myPOS's notifications.
//
// # Overview
//
// [Client] speaks the Checkout API (IPC 1.4): POST forms whose values, in the
// order sent, are signed with RSA PKCS#1 v1.5 over SHA-256; answers are JSON,
// signed the same way. [Webhook] is one http.Handler for both of myPOS's
// notifications, told apart by Content-Type: the IPC form (IPCPurchaseNotify,
// IPCPurchaseCancel) and the JSON webhook (pos.payment.completed, .denied,
// .reversed). [Load] reads a merchant's configuration file, see [Config].
//
// # Invariants
//
//   - The order of fields survives parsing: what is verified is what was sent.
//   - Nothing is believed before its signature is right, answers included.
//   - An outcome that is not certain is PENDING, never a guess: a charge is
//     DECLINED only when myPOS said so, or when it was never sent.
//   - Amounts are whole forints; a fraction is an error, never rounded.
//
// # Answers of the webhook
//
//	200 OK                 taken; a repeat; an event of another kind; a JSON
//	                       event of an order that is not ours
//	401 UNAUTHENTICATED    no signature, a wrong one, or one too old
//	404 NOT_FOUND          the tenant does not take myPOS; a form names an order
//	                       that is not ours
//	413 TOO_LARGE          a body over 64 KiB
//	422 INVALID_REQUEST    not a form and not JSON, a field missing or wrong,
//	                       another amount than the payment's
//	503 UNAVAILABLE        our database is not there; myPOS comes again
//
// Each is one line in the log. Nothing but the first changes anything, and a
// repeat changes nothing either. A JSON event of an unknown order is taken,
// because the webhook tells of the merchant's whole account and myPOS would
// repeat it for three days; a form names an order that we once sent, so an
// unknown one is refused loudly.
//
// # Concurrency
//
// Client and Webhook are safe for concurrent use and start no goroutines.
//
// # Lifecycle
//
// A Client lives as long as its merchant's configuration; [Directory] reads a
// changed file anew at its next use.
//
// # Failure
//
// A hanging provider is cut by the caller's context and by a limit of 12 s per
// call; the charge is then PENDING with the code "ipc:timeout". Nothing is
// retried here: the caller asks with FindCharge.
//
// # Dependencies
//
// The root package and the metrics library. Who the merchants are and what a
// notification changes are ports, [Merchants] and [Ledger].
package mypos

// Package httpapi is the REST interface, the documents that describe it, and the
// handler of the dashboard page.
//
// # Overview
//
// routes.go lists every call: method and path, the action that its caller must be
// allowed, and the method that answers it. Each noun has one file (auth.go,
// inventory.go …) with the shapes of its requests and answers and the few lines
// between them and the use case. These shapes are a public contract: members are
// only added.
//
// A request is checked in this order, and the first failure is the answer:
// credential (401), permission (403), then the request itself (413, 415, 422), then
// the use case. A caller without permission learns nothing else.
//
// # Limits
//
// Every call has a largest body (413): 4 KiB for a login, 1 MiB for events, 64 KiB
// for the rest. body.go reads the body and refuses duplicate and unknown members,
// invalid UTF-8, deep nesting and long lists before the library sees it, so that
// neither memory nor answers grow faster than the request. Unknown query parameters
// are refused as well: a misspelt filter that is silently ignored shows people wrong
// lists.
//
// # Errors
//
// Errors are RFC 9457 problems with a stable code; codes.go has the one table from
// codes to HTTP. A problem has at most 20 field errors and 16 KiB.
//
// # Documents
//
// The OpenAPI document is built from the routes; document.go adds the errors and,
// as examples, the golden calls of package contract; described.go adds what other
// packages answer. The AsyncAPI document is built from the registered event types
// and the messages in Options. The pages under /docs are built from both.
//
// Shapes that are embedded in others are exported, because the library skips
// unexported embedded structs.
package httpapi

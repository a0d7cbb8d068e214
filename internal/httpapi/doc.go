// Package httpapi is the REST interface, the pages about it, and the door to
// the dashboard page.
//
// Every route stands in routes.go, on one screen: the call, who may, and what
// answers it. A noun is one file (auth.go, inventory.go …) that holds the
// shapes of its requests and answers and the few lines between them and the use
// case. Shapes here are the outer contract: they change only by addition.
//
// A call is judged in this order, and the first thing that is wrong answers it:
// credential (401), role (403), then the request itself (413, 415, 422), then what
// the use case says. So who may not do a thing learns nothing about it.
//
// Errors are RFC 9457 problems with a stable code; codes.go has the one table
// from codes to HTTP. Unknown fields and unknown query parameters are refused,
// because a misspelt filter that is silently ignored shows people wrong lists.
//
// Shapes that are embedded in others are exported, because the library that
// reads requests and writes the OpenAPI document passes over what is not.
//
// The OpenAPI document is built from the routes; document.go adds what each may
// answer, and the golden calls of package contract as examples, described.go what
// is answered elsewhere. The AsyncAPI document is built from the registry of
// events, and the pages under /docs from those two; none of them can fall behind.
package httpapi

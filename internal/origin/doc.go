// Package origin decides whose pages may call this server, and reads what a proxy in
// front says about a request. It is the only place that knows either.
//
// # Overview
//
// [Policy.Forward] reads X-Forwarded-For, -Proto and -Host of requests that come from a
// trusted proxy; from other addresses these headers mean nothing. [Policy.Check] is the
// rule for cookies and the live connection. [Parse] has the canonical form in which
// origins are compared.
//
// # The rule
//
// A request is accepted when the first of these that applies says so:
//
//  1. Sec-Fetch-Site: same-origin. Browsers set it, pages cannot. It is the only proof
//     behind a proxy that replaces Host, which the proxy_pass of nginx does by default.
//     Browsers send it over TLS and on the loopback interface only.
//  2. No Origin: accepted, unless Sec-Fetch-Site names another site. Programs that are
//     no browsers send neither.
//  3. Origin is one of the allowed origins.
//  4. Origin has the host and port of Host, or of X-Forwarded-Host from a trusted
//     proxy. The port defaults to that of the origin's scheme, because a server behind a
//     proxy that ends TLS does not know its own. A page of http is refused where the
//     request is known to have come over TLS.
//
// Anything else is refused with an error that names both origins.
//
// # Concurrency
//
// A Policy is safe for concurrent use.
package origin

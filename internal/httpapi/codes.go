package httpapi

import (
	"net/http"

	"harang.dev/harang"
)

// codeMethodNotAllowed is the one code that only HTTP knows.
const codeMethodNotAllowed harang.Code = "METHOD_NOT_ALLOWED"

// codes is the one table from codes to HTTP: the status, and what the
// description says of it.
var codes = map[harang.Code]struct {
	status int
	means  string
}{
	harang.CodeUnauthenticated:       {http.StatusUnauthorized, "no credential, or one that is not good any more"},
	harang.CodeInvalidCredentials:    {http.StatusUnauthorized, "e-mail address or password is wrong, or the user is disabled"},
	harang.CodeTokenExpired:          {http.StatusUnauthorized, "the access token is over: refresh, then repeat"},
	harang.CodePaymentDeclined:       {http.StatusPaymentRequired, "the card was declined, no money was taken; errorCode says why, nextStep what to do now"},
	harang.CodeForbidden:             {http.StatusForbidden, "this role, key or origin may not do this"},
	harang.CodeNotFound:              {http.StatusNotFound, "not there, or another tenant's"},
	codeMethodNotAllowed:             {http.StatusMethodNotAllowed, "the path answers the methods in Allow"},
	harang.CodeAlreadyClaimed:        {http.StatusConflict, "somebody else (by) deals with it since at"},
	harang.CodeAlreadyReturned:       {http.StatusConflict, "the rental is over already"},
	harang.CodeIdempotencyInProgress: {http.StatusConflict, "the first request with this Idempotency-Key is under way: repeat a little later"},
	harang.CodeConflict:              {http.StatusConflict, "it cannot be done as things stand"},
	harang.CodeTooLarge:              {http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB"},
	harang.CodeUnsupportedMedia:      {http.StatusUnsupportedMediaType, "the body is of another type than described, or compressed"},
	harang.CodeInvalidRequest:        {http.StatusUnprocessableEntity, "the request is not as described; errors names each field that is wrong"},
	harang.CodeInsufficientStock:     {http.StatusUnprocessableEntity, "there are fewer pieces than asked for: available, and in a rental the line, from 0"},
	harang.CodeIdempotencyKeyReused:  {http.StatusUnprocessableEntity, "another request had this Idempotency-Key"},
	harang.CodeEventTooLarge:         {http.StatusUnprocessableEntity, "an event's JSON is larger than 16 KiB"},
	harang.CodeRateLimited:           {http.StatusTooManyRequests, "too many attempts: wait as long as Retry-After says"},
	harang.CodeConnectionLimit:       {http.StatusTooManyRequests, "all connections of the tenant are taken (the socket)"},
	harang.CodeInternal:              {http.StatusInternalServerError, "a fault of the server, in its log"},
	harang.CodeUnavailable:           {http.StatusServiceUnavailable, "the database is away or busy: repeat after Retry-After"},
	harang.CodePaymentTimeout:        {http.StatusGatewayTimeout, "nobody knows yet whether the card was charged; the payment is PENDING"},
}

func statusOf(c harang.Code) int {
	if a, ok := codes[c]; ok {
		return a.status
	}
	return http.StatusInternalServerError
}

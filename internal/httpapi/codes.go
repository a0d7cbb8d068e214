package httpapi

import (
	"net/http"

	"harang.dev/harang"
)

// codeMethodNotAllowed is the one code that exists only in HTTP.
const codeMethodNotAllowed harang.Code = "METHOD_NOT_ALLOWED"

// codes maps each code to its HTTP status and to its text in the documents.
var codes = map[harang.Code]struct {
	status int
	means  string
}{
	harang.CodeUnauthenticated: {http.StatusUnauthorized, "no credential, or one that is not valid any more"},
	harang.CodeInvalidCredentials: {
		http.StatusUnauthorized,
		"e-mail address or password is wrong, or the user is disabled",
	},
	harang.CodeTokenExpired:   {http.StatusUnauthorized, "the access token has expired: refresh, then repeat"},
	harang.CodeDisplayRevoked: {http.StatusUnauthorized, "the display was revoked: make a new link"},
	harang.CodePaymentDeclined: {
		http.StatusPaymentRequired,
		"the card was declined and not charged; errorCode says why, nextStep what to do next",
	},
	harang.CodeForbidden: {http.StatusForbidden, "the role, API key or origin is not allowed to do this"},
	harang.CodePasswordChangeRequired: {
		http.StatusForbidden,
		"an administrator chose the password: choose another one with POST /api/v1/me/password",
	},
	harang.CodeReauthenticationRequired: {
		http.StatusForbidden,
		"the password was last proved 5 minutes ago: POST /api/v1/auth/reauthenticate, then repeat",
	},
	harang.CodeNotFound:        {http.StatusNotFound, "it does not exist, or belongs to another tenant"},
	codeMethodNotAllowed:       {http.StatusMethodNotAllowed, "the path has only the methods in Allow"},
	harang.CodeAlreadyClaimed:  {http.StatusConflict, "somebody else (by) claimed it before (at)"},
	harang.CodeAlreadyReturned: {http.StatusConflict, "the rental was returned or cancelled before"},
	harang.CodeIdempotencyInProgress: {
		http.StatusConflict,
		"the first request with this Idempotency-Key is still running: repeat after Retry-After",
	},
	harang.CodeConflict: {http.StatusConflict, "the present state does not allow it; detail says why"},
	harang.CodePriceChanged: {
		http.StatusConflict,
		"the price is not expectedTotal, or less is owed than amount; actual is what it is",
	},
	harang.CodeDisplayTakenOver: {
		http.StatusConflict,
		"the display's link was opened on another screen since: open it again to take it back",
	},
	harang.CodeLastAdmin: {http.StatusConflict, "the user is the tenant's last enabled administrator"},
	harang.CodeBarcodeTaken: {
		http.StatusConflict,
		"another product (productId) has this barcode, or has it as its id",
	},
	harang.CodeArchived: {
		http.StatusConflict,
		"the partner, location or product (kind, id) is archived and cannot be in a new rental; of a product the line",
	},
	harang.CodeErased: {http.StatusConflict, "the partner's data (id) was erased: it cannot be changed or rented to"},
	harang.CodeUnfinished: {
		http.StatusConflict,
		"rentals of the partner (rentals, some of their ids) are out, unpaid or being refunded",
	},
	harang.CodeTooLarge: {http.StatusRequestEntityTooLarge, "the body is larger than this call allows"},
	harang.CodeUnsupportedMedia: {
		http.StatusUnsupportedMediaType,
		"the body has another media type than described, or is compressed",
	},
	harang.CodeInvalidRequest: {
		http.StatusUnprocessableEntity,
		"the request is not as described; errors lists the fields that are wrong",
	},
	harang.CodePasswordWrong: {
		http.StatusUnprocessableEntity,
		"the present password is wrong; errors names its field",
	},
	harang.CodePasswordTooCommon: {
		http.StatusUnprocessableEntity,
		"the new password is a common one, or a name of the user or the shop; errors names its field",
	},
	harang.CodeInsufficientStock: {
		http.StatusUnprocessableEntity,
		"fewer pieces are in stock than requested: available, and in a rental the line, from 0",
	},
	harang.CodeCardUnknown: {
		http.StatusUnprocessableEntity,
		"the card is not one of those listed for the partner; nothing was charged",
	},
	harang.CodeIdempotencyKeyReused: {http.StatusUnprocessableEntity, "a different request used this Idempotency-Key"},
	harang.CodeEventTooLarge:        {http.StatusUnprocessableEntity, "an event's JSON is larger than 16 KiB"},
	harang.CodeRateLimited: {
		http.StatusTooManyRequests,
		"too many attempts: wait as long as Retry-After says",
	},
	harang.CodeConnectionLimit: {
		http.StatusTooManyRequests,
		"the tenant has reached its limit of connections (socket only)",
	},
	harang.CodeUserConnectionLimit: {
		http.StatusTooManyRequests,
		"the user has reached the limit of connections (socket only)",
	},
	harang.CodeInternal: {http.StatusInternalServerError, "the server failed; the cause is in its log"},
	harang.CodeUnavailable: {
		http.StatusServiceUnavailable,
		"the server or its database is not available: repeat after Retry-After",
	},
	harang.CodePaymentTimeout: {
		http.StatusGatewayTimeout,
		"the provider has not said whether the card was charged; the payment is PENDING",
	},
}

func statusOf(c harang.Code) int {
	if a, ok := codes[c]; ok {
		return a.status
	}
	return http.StatusInternalServerError
}

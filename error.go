package harang

import (
	"errors"
	"fmt"
	"time"
)

// Code is the stable, machine-readable name of an error. Codes are part of the
// public contract: they never change their meaning, and errors are matched by
// code, never by message text.
type Code string

// The codes of the application, literally as in HTTP and socket answers.
const (
	CodeUnauthenticated          Code = "UNAUTHENTICATED"
	CodeInvalidCredentials       Code = "INVALID_CREDENTIALS"
	CodeTokenExpired             Code = "TOKEN_EXPIRED"
	CodeDisplayRevoked           Code = "DISPLAY_REVOKED"
	CodeDisplayTakenOver         Code = "DISPLAY_TAKEN_OVER"
	CodePaymentDeclined          Code = "PAYMENT_DECLINED"
	CodePasswordChangeRequired   Code = "PASSWORD_CHANGE_REQUIRED"
	CodeReauthenticationRequired Code = "REAUTHENTICATION_REQUIRED"
	CodePasswordTooCommon        Code = "PASSWORD_TOO_COMMON"
	CodePasswordWrong            Code = "PASSWORD_WRONG"
	CodeForbidden                Code = "FORBIDDEN"
	CodeNotFound                 Code = "NOT_FOUND"
	CodeAlreadyClaimed           Code = "ALREADY_CLAIMED"
	CodeAlreadyReturned          Code = "ALREADY_RETURNED"
	CodeIdempotencyInProgress    Code = "IDEMPOTENCY_IN_PROGRESS"
	CodeConflict                 Code = "CONFLICT"
	CodePriceChanged             Code = "PRICE_CHANGED"
	CodeLastAdmin                Code = "LAST_ADMIN"
	CodeBarcodeTaken             Code = "BARCODE_TAKEN"
	CodeArchived                 Code = "ARCHIVED"
	CodeErased                   Code = "ERASED"
	CodeUnfinished               Code = "UNFINISHED"
	CodeTooLarge                 Code = "TOO_LARGE"
	CodeUnsupportedMedia         Code = "UNSUPPORTED_MEDIA_TYPE"
	CodeInvalidRequest           Code = "INVALID_REQUEST"
	CodeInsufficientStock        Code = "INSUFFICIENT_STOCK"
	CodeCardUnknown              Code = "CARD_UNKNOWN"
	CodeIdempotencyKeyReused     Code = "IDEMPOTENCY_KEY_REUSED"
	CodeEventTooLarge            Code = "EVENT_TOO_LARGE"
	CodeRateLimited              Code = "RATE_LIMITED"
	CodeUnavailable              Code = "UNAVAILABLE"
	CodePaymentTimeout           Code = "PAYMENT_TIMEOUT"
	CodeConnectionLimit          Code = "TENANT_CONNECTION_LIMIT"
	CodeUserConnectionLimit      Code = "USER_CONNECTION_LIMIT"
	CodeInternal                 Code = "INTERNAL"
)

// FieldError is an error in one field of a request. Field is a dotted path as the
// caller wrote it, e.g. "lines.0.quantity".
type FieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error is the one error type that crosses package boundaries. Its Code decides
// the HTTP status and the socket answer; Message is a sentence for the caller and
// never contains a secret or the text of an inner error.
type Error struct {
	Code    Code
	Message string
	// Fields are the errors in single fields of the request; may be nil.
	Fields []FieldError
	// Details are further members of the answer, e.g. "line" and "available"
	// of INSUFFICIENT_STOCK; may be nil.
	Details map[string]any
	// RetryAfter is when a retry may succeed. Zero means unknown.
	RetryAfter time.Duration
	// Err is the cause, for the log only; may be nil.
	Err error
}

// Error returns code, message and cause, for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf builds an Error with a code and a formatted sentence. A %w argument
// becomes the cause and is part of the sentence; use Wrap for causes that the
// caller must not read.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Wrap builds an Error whose sentence is message and whose cause is err.
func Wrap(code Code, err error, message string) *Error {
	return &Error{Code: code, Message: message, Err: err}
}

// Invalid builds an INVALID_REQUEST error with the errors of the fields.
func Invalid(fields ...FieldError) *Error {
	message := "the request is not valid"
	if len(fields) == 1 {
		message = fields[0].Field + ": " + fields[0].Detail
	}
	return &Error{Code: CodeInvalidRequest, Message: message, Fields: fields}
}

// ErrorCode returns the code of the outermost *Error in err's chain, "" for
// nil and INTERNAL for an error without a code.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

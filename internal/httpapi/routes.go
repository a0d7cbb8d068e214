package httpapi

import "harang.dev/harang"

// routes is the whole interface on one screen: the call, who may, what answers.
func (a *API) routes() {
	a.huma.UseMiddleware(a.withCaller)

	call(a, "POST /auth/login", public, a.login, says("login", "Log in with e-mail address and password", harang.CodeInvalidCredentials, harang.CodeRateLimited).telling(aboutLogin))
	call(a, "POST /auth/refresh", public, a.refresh, says("refresh", "Get a new access token for the refresh cookie", harang.CodeUnauthenticated).provenBy("cookie").telling(aboutRefresh))
	call(a, "GET /auth/session", public, a.session, says("session", "Whether the refresh cookie came along; it may have ended").telling(aboutSession))
	call(a, "POST /auth/logout", public, a.logout, says("logout", "End the session and every connection of it", harang.CodeUnauthenticated, harang.CodeTokenExpired).provenBy("accessToken", "cookie").telling(aboutLogout))
	call(a, "GET /me", harang.ActionReadOwnIdentity, a.me, says("me", "Who the access token names"))

	call(a, "GET /dashboard/summary", harang.ActionReadSummary, a.summary, says("summary", "Figures for the cards and charts"))

	call(a, "GET /locations", harang.ActionReadCatalogue, a.listLocations, says("listLocations", "Places, by name"))
	call(a, "GET /partners", harang.ActionReadCatalogue, a.listPartners, says("listPartners", "Partners, by name"))
	call(a, "GET /products", harang.ActionReadCatalogue, a.listProducts, says("listProducts", "Products, by name"))
	call(a, "PUT /locations/{id}", harang.ActionPutCatalogue, a.putLocation, says("putLocation", "Create or replace a place"))
	call(a, "PUT /partners/{id}", harang.ActionPutCatalogue, a.putPartner, says("putPartner", "Create or replace a partner"))
	call(a, "PUT /products/{id}", harang.ActionPutCatalogue, a.putProduct, says("putProduct", "Create or replace a product"))

	call(a, "GET /inventory/stock", harang.ActionReadStock, a.listStock, says("listStock", "Stock items, by product and place"))
	call(a, "GET /inventory/alerts", harang.ActionReadStock, a.listAlerts, says("listAlerts", "Stock items that are short, worst first"))
	call(a, "POST /inventory/adjustments", harang.ActionAdjustStock, a.adjustStock, says("adjustStock", "Change a quantity", harang.CodeNotFound, harang.CodeInsufficientStock))
	call(a, "PATCH /inventory/stock/{productId}/{locationId}", harang.ActionExpectStock, a.changeStock, says("changeStock", "Change thresholds (managers) or the expected delivery"))
	call(a, "PUT /inventory/stock/{productId}/{locationId}", harang.ActionPutCatalogue, a.putStock, says("putStock", "Create or replace a stock item", harang.CodeNotFound))

	call(a, "POST /rentals", harang.ActionWriteRentals, a.createRental, says("createRental", "Check a rental out", harang.CodeNotFound, harang.CodeInsufficientStock, harang.CodeConflict, harang.CodeIdempotencyInProgress, harang.CodeIdempotencyKeyReused).answering(201).telling(aboutCheckout))
	call(a, "GET /rentals", harang.ActionReadRentals, a.listRentals, says("listRentals", "Rentals, newest first"))
	call(a, "GET /rentals/{id}", harang.ActionReadRentals, a.findRental, says("findRental", "One rental with its latest payment"))
	call(a, "POST /rentals/{id}/return", harang.ActionWriteRentals, a.returnRental, says("returnRental", "Take the pieces back", harang.CodeAlreadyReturned, harang.CodeConflict).answering(200))
	call(a, "POST /rentals/{id}/cancel", harang.ActionWriteRentals, a.cancelRental, says("cancelRental", "Give the pieces and the money back", harang.CodeAlreadyReturned, harang.CodeConflict).answering(200))

	call(a, "POST /payments", harang.ActionPay, a.pay, says("pay", "Pay for a rental", harang.CodeNotFound, harang.CodePaymentDeclined, harang.CodePaymentTimeout, harang.CodeConflict, harang.CodeIdempotencyInProgress, harang.CodeIdempotencyKeyReused).answering(201).telling(aboutPaying))
	call(a, "GET /payments", harang.ActionReadPayments, a.listPayments, says("listPayments", "Payments, newest first"))
	call(a, "GET /payments/failures", harang.ActionReadPayments, a.listFailures, says("listPaymentFailures", "Failed card payments that still want something done, ours and other programs', newest first"))
	call(a, "GET /partners/{id}/cards", harang.ActionPay, a.listCards, says("listCards", "The cards that can be charged for a partner"))
	call(a, "PUT /partners/{id}/cards/{token}", harang.ActionPutCatalogue, a.putCard, says("putCard", "Keep a card of a partner by the provider's token", harang.CodeNotFound))
	call(a, "DELETE /partners/{id}/cards/{token}", harang.ActionPutCatalogue, a.deleteCard, says("deleteCard", "Forget a card of a partner").answering(204))

	call(a, "GET /notifications", harang.ActionReadNotifications, a.listNotifications, says("listNotifications", "What the caller was told, newest first"))
	call(a, "POST /notifications/read", harang.ActionReadNotifications, a.markRead, says("markRead", "Mark as read").answering(200))
	call(a, "POST /notifications/{eventId}/claim", harang.ActionClaim, a.claim, says("claim", "Take an event (Intézem)", harang.CodeAlreadyClaimed).answering(200))
	call(a, "DELETE /notifications/{eventId}/claim", harang.ActionClaim, a.unclaim, says("unclaim", "Give a claim back", harang.CodeAlreadyClaimed).answering(200))

	call(a, "POST /self-check/alert", harang.ActionCheckSelf, a.testAlert, says("testAlert", "Send a test alert to one's own connections (Próba riasztás)", harang.CodeRateLimited).answering(202))

	a.raw("POST /events", harang.ActionSendEvents, a.sendEvents, says("sendEvents", "Send events of another application (CloudEvents 1.0)", harang.CodeEventTooLarge).answering(202), a.describeEvents)

	call(a, "GET /admin/users", harang.ActionAdminister, a.listUsers, says("listUsers", "The tenant's users, by e-mail address"))
	call(a, "POST /admin/users", harang.ActionAdminister, a.createUser, says("createUser", "Add a user", harang.CodeConflict).answering(201))
	call(a, "PATCH /admin/users/{id}", harang.ActionAdminister, a.changeUser, says("changeUser", "Change role, state or password; takes effect at once, everywhere"))
	call(a, "GET /admin/api-keys", harang.ActionAdminister, a.listKeys, says("listApiKeys", "The tenant's API keys"))
	call(a, "POST /admin/api-keys", harang.ActionAdminister, a.createKey, says("createApiKey", "Make an API key; shown this once").answering(201))
	call(a, "DELETE /admin/api-keys/{id}", harang.ActionAdminister, a.revokeKey, says("revokeApiKey", "End an API key for good").answering(204))
	call(a, "GET /admin/connections", harang.ActionAdminister, a.listConnections, says("listConnections", "The tenant's open connections on this node"))
	call(a, "GET /admin/events/{id}/journey", harang.ActionAdminister, a.journey, says("findJourney", "When an event was committed, relayed, sent and seen, on this node"))
}

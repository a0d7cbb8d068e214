package httpapi

import (
	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// routes is the whole interface: each call, the action that its caller must be
// allowed, the method that answers it, and its documentation.
func (a *API) routes() {
	a.huma.UseMiddleware(a.withRequestInfo)

	call(a, "POST /auth/login", public, a.login,
		about("login", "Log in with e-mail address and password", harang.CodeInvalidCredentials,
			harang.CodeRateLimited).details(loginDetails).maxBody(maxLoginBytes))
	call(a, "POST /auth/refresh", public, a.refresh,
		about("refresh", "Get a new access token for the refresh cookie", harang.CodeUnauthenticated).
			authenticatedBy("cookie").details(refreshDetails))
	call(a, "GET /auth/session", public, a.session,
		about("session", "Whether the browser sent a refresh cookie, valid or not").details(sessionDetails))
	call(a, "POST /auth/logout", public, a.logout,
		about("logout", "End the session and all its connections", harang.CodeUnauthenticated, harang.CodeTokenExpired).
			authenticatedBy("accessToken", "cookie").details(logoutDetails))
	call(a, "POST /auth/reauthenticate", harang.ActionManageOwnAccount, a.reauthenticate,
		about("reauthenticate", "Prove the password again", harang.CodePasswordWrong).
			details(reauthenticateDetails).answers(204).maxBody(maxLoginBytes))
	call(a, "POST /auth/display", public, a.openDisplay,
		about("openDisplay", "Open a display by the secret of its link", harang.CodeInvalidCredentials,
			harang.CodeDisplayRevoked, harang.CodeDisplayTakenOver, harang.CodeRateLimited).
			details(openDisplayDetails).answers(200).maxBody(maxLoginBytes))
	call(a, "GET /me", harang.ActionReadOwnIdentity, a.me,
		about("me", "The user of the access token"))
	call(a, "PATCH /me", harang.ActionManageOwnAccount, a.changeMe,
		about("changeMe", "Change one's own name or language"))
	call(a, "POST /me/password", harang.ActionChangeOwnPassword, a.changePassword,
		about("changePassword", "Change one's own password, and end all other sessions", harang.CodePasswordWrong,
			harang.CodePasswordTooCommon).details(passwordDetails).answers(204).maxBody(maxLoginBytes))
	call(a, "GET /me/sessions", harang.ActionManageOwnAccount, a.listSessions,
		about("listSessions", "Where one is signed in, the present session first").details(sessionsDetails))
	call(a, "DELETE /me/sessions", harang.ActionManageOwnAccount, a.endOtherSessions,
		about("endOtherSessions", "End all sessions but the present one").answers(204))
	call(a, "DELETE /me/sessions/{id}", harang.ActionManageOwnAccount, a.endSession,
		about("endSession", "End one of one's own sessions").answers(204))

	call(a, "GET /dashboard/summary", harang.ActionReadSummary, a.summary,
		about("summary", "Figures for the cards and charts"))

	call(a, "GET /counter", harang.ActionReadCounter, a.counter,
		about("counter", "What a display on a wall shows: shortages and the returns of today").details(counterDetails))

	call(a, "GET /locations", harang.ActionReadCatalogue, a.listLocations,
		about("listLocations", "Locations, by name"))
	call(a, "GET /partners", harang.ActionReadCatalogue, a.listPartners,
		about("listPartners", "Partners, by name").details(partnerListDetails))
	call(a, "POST /partners", harang.ActionWritePartners, a.createPartner,
		about("createPartner", "Create a partner", harang.CodeIdempotencyInProgress, harang.CodeIdempotencyKeyReused).
			answers(201).details(partnerDetails))
	call(a, "GET /partners/{id}", harang.ActionReadCatalogue, a.findPartner,
		about("findPartner", "One partner", harang.CodeNotFound))
	call(a, "GET /partners/{id}/rentals", harang.ActionReadRentals, a.listPartnerRentals,
		about("listPartnerRentals", "The rentals of a partner, newest first", harang.CodeNotFound))
	call(a, "PATCH /partners/{id}", harang.ActionWritePartners, a.editPartner,
		about("editPartner", "Change name, phone, e-mail or note of a partner", harang.CodeNotFound, harang.CodeErased).
			details(partnerDetails))
	call(a, "GET /products", harang.ActionReadCatalogue, a.listProducts,
		about("listProducts", "Products, by name"))
	call(a, "GET /products/{id}", harang.ActionReadCatalogue, a.findProduct,
		about("findProduct", "One product", harang.CodeNotFound))
	call(a, "PUT /locations/{id}", harang.ActionPutCatalogue, a.putLocation,
		about("putLocation", "Create or change a location"))
	call(a, "PUT /partners/{id}", harang.ActionPutCatalogue, a.putPartner,
		about("putPartner", "Create or change a partner", harang.CodeErased))
	call(a, "POST /partners/{id}/erase", harang.ActionAdminister, a.erasePartner,
		about("erasePartner", "Erase a partner's data for good", harang.CodeNotFound, harang.CodeUnfinished).
			answers(200).details(erasePartnerDetails).needsConfirmation())
	call(a, "PUT /products/{id}", harang.ActionPutCatalogue, a.putProduct,
		about("putProduct", "Create or change a product", harang.CodeBarcodeTaken))

	a.raw("POST /imports", harang.ActionAdminister, a.importCatalogue,
		about("importCatalogue", "Load a catalogue and its stock from a CSV file",
			harang.CodeRateLimited).details(importDetails).
			answers(200).maxBody(shop.MaxImportBytes), a.describeImport)

	call(a, "GET /exports/stock.csv", harang.ActionReadStock, a.exportStock,
		about("exportStock", "The stock list as a file that POST /imports reads").sendsCSV().
			details(exportDetails))
	call(a, "GET /exports/products.csv", harang.ActionReadCatalogue, a.exportProducts,
		about("exportProducts", "The products as a file that POST /imports reads").sendsCSV().
			details(exportDetails))
	call(a, "GET /exports/partners.csv", harang.ActionReadCatalogue, a.exportPartners,
		about("exportPartners", "The partners as a file that POST /imports reads").sendsCSV().
			details(exportDetails))
	call(a, "GET /exports/locations.csv", harang.ActionReadCatalogue, a.exportLocations,
		about("exportLocations", "The locations as a file that POST /imports reads").sendsCSV().
			details(exportLocationsDetails))
	call(a, "GET /exports/notifications.csv", harang.ActionReadNotifications, a.exportNotifications,
		about("exportNotifications", "The caller's notifications as a file, newest first").sendsCSV().
			details(exportNotificationsDetails))
	call(a, "GET /exports/rentals.csv", harang.ActionReadRentals, a.exportRentals,
		about("exportRentals", "The rentals as a file").sendsCSV().details(exportDetails))
	call(a, "GET /reports/revenue", harang.ActionReadFigures, a.revenue,
		about("revenue", "Payments received and refunds given back in a time, by location and method"))
	call(a, "GET /exports/revenue.csv", harang.ActionReadFigures, a.exportRevenue,
		about("exportRevenue", "The same as a file").sendsCSV().details(exportDetails))
	call(a, "GET /exports/payments.csv", harang.ActionReadPayments, a.exportPayments,
		about("exportPayments", "The payments as a file, newest first").sendsCSV().details(exportDetails))

	call(a, "GET /exports/audit.csv", harang.ActionReadHistory, a.exportAudit,
		about("exportAudit", "The audit log as a file, newest first").sendsCSV().
			details(auditDetails+" "+exportDetails))

	call(a, "GET /inventory/stock", harang.ActionReadStock, a.listStock,
		about("listStock", "Stock items, by name or worst first"))
	call(a, "GET /inventory/stock/{productId}/{locationId}", harang.ActionReadStock, a.findStock,
		about("findStock", "One stock item", harang.CodeNotFound))
	call(a, "GET /inventory/stock/{productId}/{locationId}/history", harang.ActionReadStock, a.stockHistory,
		about("findStockHistory", "The movements of a stock item, newest first").takesAnyID())
	call(a, "GET /inventory/stock/{productId}/{locationId}/returns", harang.ActionReadStock, a.stockReturns,
		about("listStockReturns", "Open rentals with pieces of a stock item, the first due first").takesAnyID())
	call(a, "GET /inventory/alerts", harang.ActionReadStock, a.listAlerts,
		about("listAlerts", "Stock items below a threshold, worst first"))
	call(a, "POST /inventory/adjustments", harang.ActionAdjustStock, a.adjustStock,
		about("adjustStock", "Change a quantity", harang.CodeNotFound, harang.CodeInsufficientStock,
			harang.CodeIdempotencyInProgress, harang.CodeIdempotencyKeyReused).answers(200))
	call(a, "PATCH /inventory/stock/{productId}/{locationId}", harang.ActionExpectStock, a.changeStock,
		about("changeStock", "Change thresholds (managers) or the expected delivery"))
	call(a, "PUT /inventory/stock/{productId}/{locationId}", harang.ActionPutStock, a.putStock,
		about("putStock", "Create or replace a stock item", harang.CodeNotFound))

	call(a, "POST /rentals", harang.ActionWriteRentals, a.createRental,
		about("createRental", "Check out a rental", harang.CodeNotFound, harang.CodeInsufficientStock,
			harang.CodeCardUnknown, harang.CodePriceChanged, harang.CodeArchived, harang.CodeErased,
			harang.CodeConflict, harang.CodeIdempotencyInProgress,
			harang.CodeIdempotencyKeyReused).answers(201).details(checkoutDetails))
	call(a, "GET /rentals", harang.ActionReadRentals, a.listRentals,
		about("listRentals", "Rentals, newest first"))
	call(a, "GET /rentals/{id}", harang.ActionReadRentals, a.findRental,
		about("findRental", "One rental with its latest payment"))
	call(a, "POST /rentals/{id}/return", harang.ActionWriteRentals, a.returnRental,
		about("returnRental", "Return pieces to stock: all that are out, or some", harang.CodeAlreadyReturned,
			harang.CodeConflict, harang.CodeIdempotencyInProgress, harang.CodeIdempotencyKeyReused).
			answers(200).details(returnDetails))
	call(a, "POST /rentals/{id}/extend", harang.ActionWriteRentals, a.extendRental,
		about("extendRental", "Return later, for the price of the further days", harang.CodeAlreadyReturned,
			harang.CodeConflict, harang.CodePriceChanged, harang.CodeIdempotencyInProgress,
			harang.CodeIdempotencyKeyReused).answers(200).details(extendDetails))
	call(a, "POST /rentals/{id}/cancel", harang.ActionWriteRentals, a.cancelRental,
		about("cancelRental", "Cancel a rental: return the pieces and refund the payments",
			harang.CodeAlreadyReturned, harang.CodeConflict, harang.CodeIdempotencyInProgress,
			harang.CodeIdempotencyKeyReused).answers(200).details(cancelDetails))

	call(a, "POST /payments", harang.ActionPay, a.pay,
		about("pay", "Pay for a rental", harang.CodeNotFound, harang.CodePaymentDeclined, harang.CodePaymentTimeout,
			harang.CodeCardUnknown, harang.CodeConflict, harang.CodePriceChanged, harang.CodeIdempotencyInProgress,
			harang.CodeIdempotencyKeyReused).
			answers(201).details(paymentDetails))
	call(a, "GET /payments", harang.ActionReadPayments, a.listPayments,
		about("listPayments", "Payments, newest first"))
	call(a, "GET /payments/failures", harang.ActionReadPayments, a.listFailures,
		about("listPaymentFailures",
			"Failed card payments, also of other applications, that need action; newest first"))
	call(a, "GET /refunds", harang.ActionReadPayments, a.listRefunds,
		about("listRefunds", "Refunds, newest first"))
	call(a, "POST /refunds/{id}/retry", harang.ActionPay, a.retryRefund,
		about("retryRefund", "Ask the provider now for a refund that did not succeed yet").answers(200))
	call(a, "GET /partners/{id}/cards", harang.ActionPay, a.listCards,
		about("listCards", "The cards that can be charged for a partner"))
	call(a, "PUT /partners/{id}/cards/{token}", harang.ActionPutCatalogue, a.putCard,
		about("putCard", "Store a card of a partner by the provider's token", harang.CodeNotFound, harang.CodeErased))
	call(a, "DELETE /partners/{id}/cards/{token}", harang.ActionPutCatalogue, a.deleteCard,
		about("deleteCard", "Delete a card of a partner").answers(204))

	call(a, "GET /notifications", harang.ActionReadNotifications, a.listNotifications,
		about("listNotifications", "The caller's notifications, newest first"))
	call(a, "POST /notifications/read", harang.ActionReadNotifications, a.markRead,
		about("markRead", "Mark notifications as read").answers(200))
	call(a, "POST /notifications/{eventId}/claim", harang.ActionClaim, a.claim,
		about("claim", "Claim an event (Intézem)", harang.CodeAlreadyClaimed).answers(200).details(lapsedDetails))
	call(a, "DELETE /notifications/{eventId}/claim", harang.ActionClaim, a.unclaim,
		about("unclaim", "Release a claim", harang.CodeAlreadyClaimed).answers(200).details(lapsedDetails))

	call(a, "POST /self-check/alert", harang.ActionCheckSelf, a.testAlert,
		about("testAlert", "Send a test alert to the caller's own connections (Próbariasztás)",
			harang.CodeRateLimited).answers(202))

	call(a, "POST /client-errors", public, a.clientError,
		about("reportClientError", "Report an error of the page", harang.CodeRateLimited).
			details(clientErrorDetails).answers(204).maxBody(maxClientErrorBytes))

	a.raw("POST /events", harang.ActionSendEvents, a.sendEvents,
		about("sendEvents", "Send events of another application (CloudEvents 1.0)", harang.CodeEventTooLarge).
			answers(202).maxBody(MaxEventsBytes), a.describeEvents)

	call(a, "GET /audit", harang.ActionReadHistory, a.listAudit,
		about("listAudit", "Who did what, newest first").details(auditDetails))

	call(a, "GET /admin/users", harang.ActionAdminister, a.listUsers,
		about("listUsers", "The tenant's users, by e-mail address"))
	call(a, "POST /admin/users", harang.ActionAdminister, a.createUser,
		about("createUser", "Add a user, who must choose another password after the first login", harang.CodeConflict,
			harang.CodePasswordTooCommon).answers(201))
	call(a, "PATCH /admin/users/{id}", harang.ActionAdminister, a.changeUser,
		about("changeUser", "Change role, state or password; takes effect at once on every node",
			harang.CodeLastAdmin, harang.CodePasswordTooCommon).details(changeUserDetails))
	call(a, "POST /admin/users/{id}/erase", harang.ActionAdminister, a.eraseUser,
		about("eraseUser", "Erase a user's data for good", harang.CodeNotFound, harang.CodeLastAdmin,
			harang.CodeConflict).answers(200).details(eraseUserDetails))
	call(a, "GET /admin/api-keys", harang.ActionAdminister, a.listKeys,
		about("listApiKeys", "The tenant's API keys, revoked ones included"))
	call(a, "POST /admin/api-keys", harang.ActionAdminister, a.createKey,
		about("createApiKey", "Create an API key; its text is shown only in this answer").
			answers(201).details(keyDetails))
	call(a, "PATCH /admin/api-keys/{id}", harang.ActionAdminister, a.changeKey,
		about("changeApiKey", "Change name, scopes, expiry or rate limit of an API key that is not revoked",
			harang.CodeConflict).details(keyDetails))
	call(a, "DELETE /admin/api-keys/{id}", harang.ActionAdminister, a.revokeKey,
		about("revokeApiKey", "Revoke an API key for good").answers(204))
	call(a, "GET /admin/displays", harang.ActionAdminister, a.listDisplays,
		about("listDisplays", "The tenant's displays that are not revoked"))
	call(a, "POST /admin/displays", harang.ActionAdminister, a.createDisplay,
		about("createDisplay", "Add a display; its link is shown only in this answer").answers(201))
	call(a, "DELETE /admin/displays/{id}", harang.ActionAdminister, a.revokeDisplay,
		about("revokeDisplay", "Revoke a display for good; takes effect at once on every node").answers(204))
	call(a, "GET /admin/connections", harang.ActionAdminister, a.listConnections,
		about("listConnections", "The tenant's open connections on this node"))
	call(a, "DELETE /admin/connections/{id}", harang.ActionAdminister, a.closeConnection,
		about("closeConnection", "Close a connection of the tenant, on whichever node it is").answers(204).
			takesAnyID().needsNoConfirmation().details(closeConnectionDetails))
	call(a, "GET /admin/events/{id}/journey", harang.ActionAdminister, a.deliveryTrace,
		about("findJourney", "When an event was committed, relayed, sent and seen, on this node"))
}

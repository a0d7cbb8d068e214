// Package shop holds the use cases: what people and other applications do with
// a shop, each one load, decide, save with events, in one transaction.
//
// Every use case takes the caller's identity first. It asks the identity
// whether the role may do it (FORBIDDEN if not), and takes the tenant from it
// and from nowhere else. Errors are *harang.Error with a code.
//
// # Stock alerts
//
// After every change of a quantity or a threshold, by whatever use case, the
// item's severity is compared with what people know of it (harang.Level): worse
// than that is announced by exactly one stock_alert of the new severity, with
// that level's threshold. Nothing is announced while it stays there or gets
// better; a level is armed again when the quantity is back at its threshold.
//
// A new stock item that is short does not ring: loading a catalogue is not a
// change. It stands in the list of alerts all the same, without an event.
//
// An expected delivery ("már megrendelve") silences both levels of an item
// until the item comes back from being short to OK, which clears it, or until
// that day ends in Budapest. Setting it while the item is OK keeps it for the
// shortage to come. What got worse in silence is not announced when the day
// ends or when the expectation is cleared, because neither is a change of
// quantity or threshold; the first later change that is not for the better
// announces it. Replacing an item (PutStock, ImportCSV) keeps its expectation.
//
// # Reading
//
// An event that a person's feed does not hold does not exist for that person,
// in lists, read marks and claims alike.
package shop

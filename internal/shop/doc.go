// Package shop holds the use cases: what people and other applications do with
// a shop. Each loads, decides and saves with its events in one transaction.
//
// Every use case takes the caller's identity first. It checks that the caller's
// role may do it (FORBIDDEN if not), and takes the tenant from the identity and
// from nowhere else. Errors are *harang.Error with a code.
//
// # Stock alerts
//
// After every change of a quantity or a threshold, by whatever use case, the
// item's severity is compared with the severity that people know of
// (harang.Level): a worse one is announced by exactly one stock_alert with the
// threshold of that level. Nothing is announced while the severity stays or gets
// better; a level can alert again once the quantity is back at its threshold.
//
// A new stock item that is short causes no alert: loading a catalogue is not a
// change. It is in the list of shortages all the same, without an event.
//
// An expected delivery ("már megrendelve") silences both levels of an item
// until the item changes from short to OK, which clears the expectation, or
// until that day ends in Budapest. Setting it while the item is OK keeps it for
// the next shortage. A severity that got worse while silenced is not announced when
// the day ends or when the expectation is cleared, because neither changes a
// quantity or a threshold; the first later change that is not an improvement
// announces it. Replacing an item (PutStock, ImportCSV) keeps its expectation.
//
// # Reading
//
// An event that a person's feed does not contain does not exist for that person,
// in lists, read marks and claims alike.
package shop

import type { Language } from './i18n/i18n';

/** What the clerk does after a failed payment. */
type Step = 'other-card' | 'again' | 'later' | 'keep-card' | 'cash' | 'support';

export interface Decline {
  /** What the code means, in a sentence without a full stop. */
  meaning: string;
  /** What to do now. */
  next: string;
  /** Whether another attempt with the same card can succeed. */
  retry: boolean;
}

const steps: Record<Step, { hu: string; en: string; retry: boolean }> = {
  'other-card': { hu: 'kérjen másik kártyát', en: 'ask for another card', retry: false },
  again: { hu: 'próbálja újra', en: 'try again', retry: true },
  later: { hu: 'várjon egy percet, és nézze meg az állapotát', en: 'wait a minute and check its state', retry: false },
  'keep-card': { hu: 'ne vegye el a kártyát; kérjen más fizetési módot', en: 'do not take the card; ask for another way to pay', retry: false },
  cash: { hu: 'kérjen készpénzt vagy másik kártyát', en: 'ask for cash or another card', retry: false },
  support: { hu: 'kérjen készpénzt, és szóljon az üzletvezetőnek', en: 'ask for cash and tell the manager', retry: false },
};

type Row = [hu: string, en: string, step: Step];
const funds: Row = ['Nincs elég fedezet', 'Insufficient funds', 'other-card'];
const expired: Row = ['Lejárt a kártya', 'The card has expired', 'other-card'];
const refused: Row = ['A bank elutasította a fizetést', 'The bank declined the payment', 'other-card'];
const timeout: Row = ['A bank nem válaszolt időben', 'The bank did not answer in time', 'later'];
const limit: Row = ['A kártya elérte a limitjét', 'The card has reached its limit', 'other-card'];
const forbidden: Row = ['Ezzel a kártyával ez nem engedélyezett', 'The card does not allow this', 'cash'];
const blocked: Row = ['A kártyát letiltották', 'The card has been blocked', 'keep-card'];
const setup: Row = ['A fizetés beállítása hibás', 'The payment set-up is faulty', 'support'];

// Keyed by the namespaced code: a number means something else in each table.
const catalogue: Record<string, Row> = {
  'sandbox:insufficient_funds': funds,
  'sandbox:expired_card': expired,
  'sandbox:do_not_honour': refused,
  'sandbox:timeout': timeout,

  'ipc:1': setup, 'ipc:2': setup, 'ipc:4': setup, 'ipc:5': setup, 'ipc:6': setup, 'ipc:10': setup, 'ipc:25': setup,
  'ipc:3': ['Hiba a fizetési szolgáltatónál', 'The payment provider had an error', 'again'],
  'ipc:8': ['A bank nem hagyta jóvá', 'The bank did not authorise it', 'other-card'],
  'ipc:9': ['Hibás összeg', 'The amount is wrong', 'support'],
  'ipc:11': forbidden, 'ipc:12': forbidden,
  'ipc:13': funds,
  'ipc:14': forbidden,
  'ipc:15': limit,
  'ipc:17': ['A tárolt kártya már nem él', 'The stored card is no longer active', 'other-card'],
  'ipc:18': ['A tárolt kártya érvénytelen', 'The stored card is not valid', 'other-card'],
  'ipc:19': limit,
  'ipc:20': ['Ezt a fizetést már elküldték', 'This payment was already sent', 'later'],
  'ipc:21': refused,
  'ipc:22': ['Hibás lejárati dátum', 'The expiry date is wrong', 'other-card'],
  'ipc:23': ['A fizetési munkamenet lejárt', 'The payment session has ended', 'again'],
  'ipc:24': ['Az ügyfél azonosítása nem sikerült', 'The customer could not be verified', 'other-card'],
  'ipc:99': ['Ismeretlen hiba a szolgáltatónál', 'The provider had an unknown error', 'again'],

  'mpr:9': funds,
  'mpr:10': forbidden,
  'mpr:14': ['A fizetést megszakították', 'The payment was cancelled', 'again'],
  'mpr:16': timeout,

  'iso:01': ['A bank telefonos jóváhagyást kér', 'The bank asks for a call', 'cash'],
  'iso:02': ['A bank telefonos jóváhagyást kér', 'The bank asks for a call', 'cash'],
  'iso:04': blocked, 'iso:07': blocked,
  'iso:05': refused,
  'iso:12': ['Érvénytelen tranzakció', 'The transaction is not valid', 'again'],
  'iso:13': ['Hibás összeg', 'The amount is wrong', 'support'],
  'iso:14': ['Érvénytelen kártya', 'The card is not valid', 'other-card'],
  'iso:41': ['Elveszettnek jelentett kártya', 'The card is reported lost', 'keep-card'],
  'iso:43': ['Ellopottnak jelentett kártya', 'The card is reported stolen', 'keep-card'],
  'iso:51': funds,
  'iso:54': expired,
  'iso:55': ['Hibás PIN-kód', 'The PIN is wrong', 'again'],
  'iso:57': forbidden, 'iso:58': forbidden, 'iso:62': forbidden,
  'iso:61': limit, 'iso:65': limit,
  'iso:63': blocked,
  'iso:75': ['Túl sok hibás PIN-kód', 'Too many wrong PINs', 'other-card'],
  'iso:81': refused,
};

/**
 * A decline code as a sentence and a next step. An unknown code keeps the
 * producer's own words, and the advice that is never wrong.
 */
export function explainDecline(code: string | null | undefined, message: string | null | undefined, language: Language): Decline {
  const row = code === null || code === undefined ? undefined : catalogue[code];
  if (row === undefined) {
    const step = steps.cash;
    const fallback = language === 'hu' ? 'Sikertelen fizetés' : 'The payment failed';
    return { meaning: message !== null && message !== undefined && message !== '' ? message : fallback, next: step[language], retry: step.retry };
  }
  const step = steps[row[2]];
  return { meaning: language === 'hu' ? row[0] : row[1], next: step[language], retry: step.retry };
}

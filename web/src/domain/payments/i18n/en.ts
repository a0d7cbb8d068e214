import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  noAnswerYet: 'The bank had not answered at {{time}}.',
  otherWay: 'Pay in another way',
  sameCard: 'The card without an answer can be charged again only when the state of its payment is known.',
  undecided:
    'The state of the last payment is not known yet, and until then no other way is possible. Check its state.',
  method: 'Payment method',
  card: 'Stored card',
  cardNone: 'This partner has no stored card. Choose cash.',
  cardHint: 'A card number is never asked here.',
  workingCard: 'Waiting for the bank…',
  check: 'Check the state',
  title: 'Payment',
  submit: 'Pay {{amount}}',
  done: 'The payment went through',
  doneHint: 'The rental is paid in full.',
  pending:
    'The bank did not answer in time. It will turn out later what became of the payment; do not charge the same card again until then.',
  notWaiting: 'This rental owes nothing.',
  cards: {
    tok_ok: 'Test card · always works',
    tok_insufficient_funds: 'Test card · insufficient funds',
    tok_expired_card: 'Test card · expired',
    tok_do_not_honour: 'Test card · the bank declines',
    tok_timeout: 'Test card · the bank does not answer',
  },
};

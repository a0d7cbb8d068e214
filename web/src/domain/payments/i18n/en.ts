import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  noAnswerYet: 'The bank had not answered at {{time}}.',
  otherWay: 'Pay in another way',
  sameCard: 'The card without an answer can be charged again only when the state of its payment is known.',
  undecided:
    'The state of the last payment is not known yet, and until then no other way is possible. Check its state.',
};

import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  title: 'Sign in',
  lead: 'Sign in to the dashboard of your shop.',
  email: 'E-mail address',
  password: 'Password',
  submit: 'Sign in',
  wrong: 'The e-mail address or the password does not match.',
  limited: 'Too many attempts. Try again in {{seconds}} s.',
  limitedSoon: 'Too many attempts. Try again a little later.',
  ended: 'The session has ended. Sign in again.',
  asked: 'You have signed out.',
  emailMissing: 'Enter your e-mail address.',
  passwordMissing: 'Enter your password.',
  promise: 'When a machine runs out, a card is declined or a rental goes out, you hear it here at once.',
  sample1: 'Ran out: Makita HR2470 rotary hammer',
  sample1Detail: 'Váci út · 4 min ago · nobody on it yet',
  sample2: 'Card declined: insufficient funds',
  sample2Detail: 'Alfa Építő Kft. · 18,900 Ft · ask for another card',
  sample3: 'Gone out: Béta Bau Bt.',
  sample3Detail: '3 items · due back tomorrow',
};

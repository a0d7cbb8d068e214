import { IconCreditCardOff } from '@tabler/icons-react';
import { keys } from '../api/keys';
import { explainDecline } from '../domain/declines/decline';
import { formatMoney } from '../shared/format';
import { defineEvent } from './define';

export const event = defineEvent({
  type: 'payment_error',
  kind: 'error',
  icon: IconCreditCardOff,
  claimable: true,
  name: { hu: 'Fizetési hiba', en: 'Payments' },
  count: {
    hu: (n) => `${n} fizetési hiba`,
    en: (n) => (n === 1 ? '1 failed payment' : `${n} failed payments`),
  },
  say: {
    // The one sentence that the event brings itself; it is Hungarian.
    hu: ({ errorCode, errorMessage, partnerName, amount }) => ({
      title: `Fizetési hiba: ${errorMessage}`,
      detail: `${partnerName} · ${formatMoney(amount, 'hu')}`,
      next: explainDecline(errorCode, errorMessage, 'hu').next,
    }),
    en: ({ errorCode, errorMessage, partnerName, amount }) => {
      const { meaning, next } = explainDecline(errorCode, errorMessage, 'en');
      return { title: `Payment failed: ${meaning}`, detail: `${partnerName} · ${formatMoney(amount, 'en')}`, next };
    },
  },
  link: ({ transactionId }) => ({ to: '/payments', search: { transaction: transactionId } }),
  touches: [keys.payments, keys.rentals, keys.summary],
});

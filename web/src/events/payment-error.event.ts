import type { PaymentErrorEvent } from '@harang/react';
import { IconCreditCardOff } from '@tabler/icons-react';
import { explainDecline } from '../shared/decline';
import { formatMoney } from '../shared/format';
import { defineEvent } from './define';
import { texts, wholes } from './read';

export const event = defineEvent<PaymentErrorEvent['data']>({
  type: 'payment_error',
  kind: 'error',
  icon: IconCreditCardOff,
  claimable: true,
  name: { hu: 'Fizetési hiba', en: 'Payments' },
  count: {
    hu: (n) => `${n} fizetési hiba`,
    en: (n) => (n === 1 ? '1 failed payment' : `${n} failed payments`),
  },
  read(data) {
    const words = texts(data, 'transactionId', 'errorCode', 'errorMessage', 'partnerId', 'partnerName');
    const figures = wholes(data, 'amount');
    return words && figures ? { ...words, ...figures, currency: 'HUF' } : null;
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
  touches: [['payments'], ['rentals'], ['dashboard', 'summary']],
});

import { IconPackageExport } from '@tabler/icons-react';
import { keys } from '../api/keys';
import { formatMoney } from '../shared/format';
import { defineEvent } from './define';

export const event = defineEvent({
  type: 'rental_created',
  kind: 'success',
  icon: IconPackageExport,
  claimable: false,
  name: { hu: 'Bérlés', en: 'Rentals' },
  count: {
    hu: (n) => `${n} új bérlés`,
    en: (n) => (n === 1 ? '1 new rental' : `${n} new rentals`),
  },
  say: {
    hu: ({ partnerName, equipmentCount, totalValue }) => ({
      title: `Új bérlés: ${partnerName} - ${equipmentCount} tétel`,
      detail: formatMoney(totalValue, 'hu'),
      next: 'készítse elő a gépeket',
    }),
    en: ({ partnerName, equipmentCount, totalValue }) => ({
      title: `New rental: ${partnerName} - ${equipmentCount} ${equipmentCount === 1 ? 'item' : 'items'}`,
      detail: formatMoney(totalValue, 'en'),
      next: 'get the machines ready',
    }),
  },
  link: ({ rentalId }) => ({ to: '/rentals', search: { rental: rentalId } }),
  touches: [keys.rentals, keys.summary, keys.payments, keys.stock],
});

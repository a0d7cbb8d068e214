import { IconPackageOff } from '@tabler/icons-react';
import { keys } from '../api/keys';
import { defineEvent } from './define';

export const event = defineEvent({
  type: 'stock_alert',
  kind: 'warning',
  icon: IconPackageOff,
  claimable: true,
  name: { hu: 'Készlet', en: 'Stock' },
  count: {
    hu: (n) => `${n} készletriasztás`,
    en: (n) => (n === 1 ? '1 stock alert' : `${n} stock alerts`),
  },
  say: {
    hu: ({ severity, productName, locationName, currentQuantity, threshold }) => ({
      title: `${severity === 'CRITICAL' ? 'Kritikus készlethiány' : 'Alacsony készlet'}: ${productName}`,
      detail: `${locationName} · ${currentQuantity} / ${threshold} db`,
      next: currentQuantity === 0 ? 'elfogyott, ne ígérje ki' : 'rendeljen utánpótlást',
    }),
    en: ({ severity, productName, locationName, currentQuantity, threshold }) => ({
      title: `${severity === 'CRITICAL' ? 'Critical shortage' : 'Low stock'}: ${productName}`,
      detail: `${locationName} · ${currentQuantity} of ${threshold}`,
      next: currentQuantity === 0 ? 'none left, do not promise it' : 'order more',
    }),
  },
  link: ({ productName, locationId }) => ({ to: '/stock', search: { search: productName, location: locationId } }),
  touches: [keys.alerts, keys.stock, keys.summary],
});

import type { StockAlertEvent } from '@harang/react';
import { IconPackageOff } from '@tabler/icons-react';
import { defineEvent } from './define';
import { texts, wholes } from './read';

export const event = defineEvent<StockAlertEvent['data']>({
  type: 'stock_alert',
  kind: 'warning',
  icon: IconPackageOff,
  claimable: true,
  name: { hu: 'Készlet', en: 'Stock' },
  count: {
    hu: (n) => `${n} készletriasztás`,
    en: (n) => (n === 1 ? '1 stock alert' : `${n} stock alerts`),
  },
  read(data) {
    const words = texts(data, 'productId', 'productName', 'locationId', 'locationName');
    const figures = wholes(data, 'currentQuantity', 'threshold');
    const { severity } = data;
    if (!words || !figures || (severity !== 'CRITICAL' && severity !== 'WARNING')) return null;
    return { ...words, ...figures, severity };
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
  touches: [['dashboard-inventory', 'alerts'], ['inventory', 'stock'], ['dashboard', 'summary']],
});

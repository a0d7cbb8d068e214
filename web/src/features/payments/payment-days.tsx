import { useClock } from '../../shared/clock';
import { addDays, toDateField } from '../../shared/format';
import { useTranslation } from '../../shared/i18n/i18n';
import { DayRange, type Days } from '../../shared/ui/day-range';
import './messages';

/** The days on which payments were made. */
export function PaymentDays({ from, to, onChange }: Days & { onChange: (days: Days) => void }) {
  const { t } = useTranslation('paymentPages');
  const today = useClock(toDateField);
  const yesterday = useClock((now) => toDateField(addDays(now, -1)));
  const first = useClock((now) => toDateField(addDays(now, -29)));
  return (
    <DayRange
      from={from}
      to={to}
      title={t('days.title')}
      fromLabel={t('closing.from')}
      toLabel={t('closing.to')}
      disordered={t('closing.order')}
      quick={[
        { label: t('days.today'), from: today, to: today },
        { label: t('days.yesterday'), from: yesterday, to: yesterday },
        { label: t('days.days30'), from: first, to: today },
        { label: t('days.any'), from: undefined, to: undefined },
      ]}
      onChange={onChange}
    />
  );
}

import { useClock } from '../../shared/clock';
import { addDays, toDateField } from '../../shared/format';
import { useTranslation } from '../../shared/i18n/i18n';
import { DayRange, type Days } from '../../shared/ui/day-range';
import './messages';

/** The days on which a rental is due. */
export function DueDays({ from, to, onChange }: Days & { onChange: (days: Days) => void }) {
  const { t } = useTranslation('rentalPages');
  const today = useClock(toDateField);
  const tomorrow = useClock((now) => toDateField(addDays(now, 1)));
  const inAWeek = useClock((now) => toDateField(addDays(now, 7)));
  return (
    <DayRange
      from={from}
      to={to}
      title={t('days.title')}
      fromLabel={t('days.from')}
      toLabel={t('days.to')}
      disordered={t('days.order')}
      quick={[
        { label: t('days.today'), from: today, to: today },
        { label: t('days.tomorrow'), from: tomorrow, to: tomorrow },
        { label: t('days.week'), from: today, to: inAWeek },
        { label: t('days.any'), from: undefined, to: undefined },
      ]}
      onChange={onChange}
    />
  );
}

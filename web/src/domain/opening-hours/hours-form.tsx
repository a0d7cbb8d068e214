import { IconPlus, IconX } from '@tabler/icons-react';
import { type SyntheticEvent, useState } from 'react';
import { useSaveLocation } from '../../api/locations';
import { useNow } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { formatDate, formatWeekday, toDateField } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Location } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { Switch } from '../../shared/ui/controls/switch';
import { TextField } from '../../shared/ui/controls/text-field';
import { publicHolidays } from './holidays';
import classes from './hours-form.module.css';
import './messages';
import { type Interval, isValidDay, storedWeek, type Week, type Weekday, weekdays, weekOf } from './week';

const usual: Interval = { from: '07:00', to: '17:00' };

/** When a location is open: the intervals of each weekday, and the days on which it is closed. */
export function HoursForm({ location, onSaved }: { location: Location; onSaved: () => void }) {
  const { t } = useTranslation('openingHours');
  const { t: common } = useTranslation();
  const [given, setGiven] = useState(location.openingHours !== null);
  const [week, setWeek] = useState<Week>(() => {
    const stored = weekOf(location.openingHours);
    if (location.openingHours !== null) return stored;
    return { ...stored, mon: [usual], tue: [usual], wed: [usual], thu: [usual], fri: [usual] };
  });
  const [closed, setClosed] = useState<readonly string[]>(() => [...(location.openingHours?.closed ?? [])].sort());
  const save = useSaveLocation({ onSuccess: onSaved });
  const valid = !given || weekdays.every((day) => isValidDay(week[day]));
  const setDay = (day: Weekday, intervals: readonly Interval[]) =>
    setWeek((before) => ({ ...before, [day]: intervals }));

  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!valid || save.isPending) return;
    const openingHours = given ? { week: storedWeek(week), closed: [...closed] } : null;
    save.mutate({ id: location.id, name: location.name, openingHours });
  };

  return (
    <form className={classes.form} noValidate onSubmit={handleSubmit} data-testid="hours-form">
      <p className={classes.where}>{location.name}</p>
      <Switch label={t('given')} description={t('givenHint')} checked={given} onChange={setGiven} />
      {given && (
        <>
          <ul className={classes.week}>
            {weekdays.map((day) => (
              <DayRow key={day} day={day} intervals={week[day]} onChange={(intervals) => setDay(day, intervals)} />
            ))}
          </ul>
          <div>
            <Button
              size="xs"
              variant="default"
              onClick={() =>
                setWeek((before) => ({ ...before, tue: before.mon, wed: before.mon, thu: before.mon, fri: before.mon }))
              }
            >
              {t('copy')}
            </Button>
          </div>
          <ClosedDays closed={closed} onChange={setClosed} />
        </>
      )}
      {save.error !== null && (
        <p className="field-error" role="alert">
          {errorSentence(save.error, common)}
        </p>
      )}
      <div>
        <Button type="submit" disabled={!valid} loading={save.isPending} data-testid="hours-save">
          {common('common.save')}
        </Button>
      </div>
    </form>
  );
}

interface DayRowProps {
  day: Weekday;
  intervals: readonly Interval[];
  onChange: (intervals: readonly Interval[]) => void;
}

function DayRow({ day, intervals, onChange }: DayRowProps) {
  const { t } = useTranslation('openingHours');
  const name = t(`day.${day}`);
  const set = (index: number, part: Partial<Interval>) =>
    onChange(intervals.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <li data-testid="hours-day" data-day={day}>
      <b>{name}</b>
      <div className={classes.intervals}>
        {intervals.length === 0 && <span className={classes.closed}>{t('closed')}</span>}
        {intervals.map(({ from, to }, index) => (
          <div key={index} className={classes.interval}>
            <TextField
              type="time"
              aria-label={t('opens', { day: name })}
              value={from}
              onChange={(event) => set(index, { from: event.currentTarget.value })}
            />
            <span aria-hidden>–</span>
            <TextField
              type="time"
              aria-label={t('closes', { day: name })}
              value={to}
              onChange={(event) => set(index, { to: event.currentTarget.value })}
            />
            <button
              type="button"
              className={classes.remove}
              aria-label={t('removeOf', { day: name, from, to })}
              onClick={() => onChange(intervals.filter((_, at) => at !== index))}
            >
              <IconX size={17} stroke={1.8} aria-hidden />
            </button>
          </div>
        ))}
        {!isValidDay(intervals) && (
          <p className="field-error" role="alert">
            {t('invalid')}
          </p>
        )}
      </div>
      {intervals.length < 4 && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={15} aria-hidden />}
          aria-label={t(intervals.length === 0 ? 'openOf' : 'breakOf', { day: name })}
          onClick={() =>
            onChange([...intervals, intervals.length === 0 ? usual : { from: intervals.at(-1)?.to ?? '', to: '' }])
          }
        >
          {t(intervals.length === 0 ? 'open' : 'addBreak')}
        </Button>
      )}
    </li>
  );
}

function ClosedDays({ closed, onChange }: { closed: readonly string[]; onChange: (days: readonly string[]) => void }) {
  const { t } = useTranslation('openingHours');
  const language = useLanguage();
  const now = useNow();
  const today = toDateField(now);
  const [typed, setTyped] = useState('');
  const add = (days: readonly string[]) => onChange([...new Set([...closed, ...days])].sort());
  const year = Number(today.slice(0, 4));
  const label = (day: string) =>
    `${formatDate(`${day}T12:00:00Z`, language, now)} ${formatWeekday(`${day}T12:00:00Z`, language)}`;
  return (
    <fieldset className={classes.days}>
      <legend>{t('daysTitle')}</legend>
      <p className="field-hint">{t('daysHint')}</p>
      <ul>
        {closed
          // Days that have passed are kept, but not shown.
          .filter((day) => day >= today)
          .map((day) => (
            <li key={day} data-testid="closed-day" data-day={day}>
              {label(day)}
              <button
                type="button"
                className={classes.remove}
                aria-label={t('removeDay', { day: label(day) })}
                onClick={() => onChange(closed.filter((each) => each !== day))}
              >
                <IconX size={16} stroke={1.8} aria-hidden />
              </button>
            </li>
          ))}
      </ul>
      <div className={classes.add}>
        <TextField
          type="date"
          data-testid="closed-day-new"
          aria-label={t('addDay')}
          min={today}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={typed === ''}
          onClick={() => {
            add([typed]);
            setTyped('');
          }}
        >
          {t('add')}
        </Button>
        {[year, year + 1].map((each) => (
          <Button key={each} variant="default" onClick={() => add(publicHolidays(each).filter((day) => day >= today))}>
            {t('holidays', { year: each })}
          </Button>
        ))}
      </div>
    </fieldset>
  );
}

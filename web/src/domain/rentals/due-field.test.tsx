import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import returnCases from '../../../../contract/return-instants.json';
import { chooseLanguage } from '../../shared/i18n/i18n';
import type { OpeningHours } from '../../shared/model';
import { DueField } from './due-field';
import { returnInstant } from './return-instant';

const begins = new Date('2026-11-23T10:05:00+01:00');

function Host({ hours }: { hours: OpeningHours | null }) {
  const [due, setDue] = useState('2026-11-25');
  const dueAt = returnInstant(due, begins, hours);
  return (
    <>
      <DueField testId="due" label="Visszahozza" min="2026-11-23" value={due} dueAt={dueAt} onChange={setDue} />
      <output>{dueAt}</output>
    </>
  );
}

const set = (testId: string, value: string) => fireEvent.change(screen.getByTestId(testId), { target: { value } });

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: begins });
  await chooseLanguage('hu');
});
afterEach(() => vi.useRealTimers());

it('shows the closing hour of the day, and takes another time', () => {
  render(<Host hours={returnCases.hours.shop} />);
  expect(screen.getByTestId('due-time')).toHaveValue('17:00');
  expect(screen.getByTestId('due-moment')).toHaveTextContent('17:00');
  set('due-time', '15:30');
  expect(screen.getByTestId('due-moment')).toHaveTextContent('15:30');
  expect(document.querySelector('output')).toHaveTextContent('2026-11-25T14:30:00.000Z');
  set('due-time', '');
  expect(screen.getByTestId('due-time')).toHaveValue('17:00');
});

it('says that the shop is closed on a day and when it opens next, and keeps that day with another time', () => {
  render(<Host hours={returnCases.hours.shop} />);
  set('due', '2026-11-29');
  expect(screen.getByTestId('due-moment')).toHaveTextContent(/Akkor már zárva van\. Visszavárjuk: .*nov\. 30\., 17:00/);
  set('due-time', '09:00');
  expect(screen.getByTestId('due')).toHaveValue('2026-11-30');
  expect(document.querySelector('output')).toHaveTextContent('2026-11-30T08:00:00.000Z');
});

it('goes back to the closing hour with another day', () => {
  render(<Host hours={returnCases.hours.shop} />);
  set('due-time', '09:00');
  set('due', '2026-11-28');
  expect(screen.getByTestId('due-time')).toHaveValue('12:00');
});

it('has no time without a day', () => {
  render(<Host hours={null} />);
  expect(screen.getByTestId('due-time')).toHaveValue('10:05');
  set('due', '');
  expect(screen.getByTestId('due-time')).toHaveValue('');
  expect(screen.getByTestId('due-time')).toBeDisabled();
});

/** The days of a date field, both included. */
export interface Days {
  from: string;
  to: string;
}

export type RangeName = 'today' | 'yesterday' | 'week' | 'month';
export const rangeNames: readonly RangeName[] = ['today', 'yesterday', 'week', 'month'];

/** The days of a range that ends today; yesterday is itself alone. A week begins on Monday. */
export function daysOf(name: RangeName, today: string): Days {
  const at = new Date(`${today}T00:00:00Z`);
  const before = (days: number) => new Date(at.getTime() - days * 86_400_000).toISOString().slice(0, 10);
  switch (name) {
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: before(1), to: before(1) };
    case 'week':
      return { from: before((at.getUTCDay() + 6) % 7), to: today };
    case 'month':
      return { from: `${today.slice(0, 8)}01`, to: today };
  }
}

/** The range that has exactly these days; on a Monday or a first both today and the longer one do, and today is meant. */
export function rangeOf({ from, to }: Days, today: string): RangeName | 'own' {
  return (
    rangeNames.find((name) => {
      const days = daysOf(name, today);
      return days.from === from && days.to === to;
    }) ?? 'own'
  );
}

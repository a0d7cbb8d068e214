const day = 86_400_000;

/** Easter Sunday of a year in the Gregorian calendar, as midnight UTC (the anonymous algorithm). */
function easter(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1);
}

/** The public holidays of Hungary in a year, as `2026-12-24`, in order. */
export function publicHolidays(year: number): string[] {
  const sunday = easter(year);
  const fixed = ['01-01', '03-15', '05-01', '08-20', '10-23', '11-01', '12-24', '12-25', '12-26'];
  // Good Friday, Easter Monday, Whit Monday; Easter and Whit Sunday are holidays too.
  const movable = [-2, 0, 1, 49, 50].map((after) => new Date(sunday + after * day).toISOString().slice(0, 10));
  return [...fixed.map((date) => `${year}-${date}`), ...movable].sort();
}

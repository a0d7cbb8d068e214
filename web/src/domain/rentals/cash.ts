/** What is handed over in cash for an amount: forints are paid in steps of 5 since there are no smaller coins. */
export function cashAmount(amount: number): number {
  return Math.round(amount / 5) * 5;
}

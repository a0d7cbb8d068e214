/** Our sign: a bell. */
export function BellMark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="9" fill="var(--brass-solid)" />
      <path
        d="M16 6.3c.9 0 1.6.7 1.6 1.6v.5c3.2.7 5.5 3.5 5.5 7 0 4.300 1.100 5.900 2 6.800.5.5.2 1.300-.5 1.300H7.400c-.7 0-1-.8-.5-1.300.9-.9 2-2.500 2-6.800 0-3.500 2.300-6.300 5.500-7v-.5c0-.9.7-1.600 1.600-1.600z"
        fill="var(--on-brass)"
      />
      <path d="M13.200 25.100a2.850 2.850 0 0 0 5.600 0z" fill="var(--on-brass)" />
    </svg>
  );
}

// Without letters and digits that are taken for each other when read out.
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A password that can be read out: `k7mn-p2xw-hd9r`, 59 bits. */
export function suggestPassword(): string {
  const picked = Array.from({ length: 12 }, () => letters.charAt(below(letters.length)));
  return [0, 4, 8].map((start) => picked.slice(start, start + 4).join('')).join('-');
}

/** A whole number below `limit`, each equally likely. */
function below(limit: number): number {
  const bytes = new Uint8Array(1);
  const fair = 256 - (256 % limit);
  do crypto.getRandomValues(bytes);
  while ((bytes[0] ?? 0) >= fair);
  return (bytes[0] ?? 0) % limit;
}

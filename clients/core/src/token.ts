/** How a renewal of the access token ended: the session is over, or it could not be asked. */
export type RefreshOutcome = 'ok' | 'refused' | 'unreachable';

/**
 * tokenExpiry reads the `exp` of a JWT as Unix milliseconds; null when the token
 * does not say. It is a hint for when to renew: the server alone judges tokens.
 */
export function tokenExpiry(token: string): number | null {
  const payload = token.split('.')[1];
  if (!payload) return null;
  try {
    const json: unknown = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
    if (typeof json !== 'object' || json === null) return null;
    const exp = (json as Record<string, unknown>)['exp'];
    return typeof exp === 'number' ? exp * 1000 : null;
  } catch {
    return null;
  }
}

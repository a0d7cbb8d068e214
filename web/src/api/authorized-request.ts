import { ApiError, type ReadAnswer, request, type RequestOptions } from '../shared/http';
import { session } from '../shared/session';

/**
 * Calls `/api/v1` + path as the signed-in user, as `request` does, or throws
 * an ApiError. A stale or refused access token is renewed once, silently; when
 * that is refused too, the session is over and the page shows the sign-in form.
 */
export async function authorizedRequest<T>(
  path: string,
  options: RequestOptions = {},
  read?: ReadAnswer<T>,
): Promise<T> {
  if (session.accessToken() !== null && session.isStale()) await session.refresh();
  const used = session.accessToken();
  try {
    return await request<T>(path, authorized(options), read);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    // Another call may have renewed the token while this one was under way.
    const renewed = session.accessToken() !== used ? 'ok' : await session.refresh();
    if (renewed !== 'ok') throw error;
    return request<T>(path, authorized(options), read);
  }
}

function authorized(options: RequestOptions): RequestOptions {
  const token = session.accessToken();
  if (token === null) return options;
  return { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } };
}

/** `?a=1&b=2` of the given values; undefined, null and empty ones are left out. */
export function queryString(values: Record<string, string | number | boolean | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

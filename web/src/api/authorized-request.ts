import { ApiError, type ReadAnswer, request, type RequestOptions } from '../shared/http';
import { session } from '../shared/session';
import { askForReauthentication } from './reauthentication';

/**
 * Calls `/api/v1` + path as the signed-in user, as `request` does, or throws
 * an ApiError. A stale or refused access token is renewed once, silently; when
 * that is refused too, the session is over and the page shows the sign-in form.
 * A write for which the server wants the password again is sent once more, as it
 * was, when the person has confirmed it. PASSWORD_CHANGE_REQUIRED leads to the
 * screen for a new password.
 */
export async function authorizedRequest<T>(
  path: string,
  options: RequestOptions = {},
  read?: ReadAnswer<T>,
): Promise<T> {
  try {
    return await sendWithToken(path, options, read);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'PASSWORD_CHANGE_REQUIRED') session.requirePasswordChange();
    // A list that reads itself again must not open a dialog.
    const reading = (options.method ?? 'GET') === 'GET';
    if (error.code !== 'REAUTHENTICATION_REQUIRED' || reading || !(await askForReauthentication())) throw error;
    return sendWithToken(path, options, read);
  }
}

async function sendWithToken<T>(path: string, options: RequestOptions, read?: ReadAnswer<T>): Promise<T> {
  if (session.accessToken() !== null && session.isStale()) await session.refresh();
  const used = session.accessToken();
  try {
    return await request<T>(path, authorized(options), read);
  } catch (error) {
    // A wrong password says nothing about the token.
    if (!(error instanceof ApiError) || error.status !== 401 || error.code === 'INVALID_CREDENTIALS') throw error;
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

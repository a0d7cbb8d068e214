/**
 * isOriginRefused asks the server over HTTP whether it refuses this page's origin: a WebSocket that fails does not say
 * why. A POST carries the Origin header on the page's own origin too, and opens no session. False when nobody answers.
 */
export async function isOriginRefused(url: string | undefined, path: string): Promise<boolean> {
  try {
    const { status } = await fetch(`${(url ?? '').replace(/\/$/, '')}${path}?EIO=4&transport=polling`, {
      method: 'POST',
      credentials: 'omit',
    });
    return status === 403;
  } catch {
    return false;
  }
}

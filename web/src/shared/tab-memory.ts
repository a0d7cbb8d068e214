import { session } from './session';

// What somebody was about to do, kept for this tab while he looks elsewhere or
// reloads. Each user has his own, and none outlives the sign-out.

const prefix = 'harang-tab/';

function keyOf(name: string): string | null {
  const { user } = session.state();
  return user === null ? null : `${prefix}${user.tenantId}/${user.id}/${name}`;
}

/** What was kept under this name, or null. It may be of an older page: check it. */
export function kept(name: string): unknown {
  try {
    const key = keyOf(name);
    return key === null ? null : (JSON.parse(sessionStorage.getItem(key) ?? 'null') as unknown);
  } catch {
    return null;
  }
}

export function keep(name: string, value: unknown): void {
  try {
    const key = keyOf(name);
    if (key !== null) sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage may be switched off or full; it is then kept by the page alone.
  }
}

export function forget(name: string): void {
  try {
    const key = keyOf(name);
    if (key !== null) sessionStorage.removeItem(key);
  } catch {
    // As above.
  }
}

/** Forgets what this tab keeps, of every user. */
export function forgetTab(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key);
  } catch {
    // As above.
  }
}

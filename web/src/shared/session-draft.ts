import { session } from './session';

// Unfinished input of the signed-in user, in this tab's session storage: it
// survives a reload, other pages and the end of a session, and is deleted when somebody signs out.

const prefix = 'harang-tab/';

function storageKey(name: string): string | null {
  const { user } = session.state();
  return user === null ? null : `${prefix}${user.tenantId}/${user.id}/${name}`;
}

/** The draft saved under this name, or null. An older version of the page may have written it: validate it. */
export function readDraft(name: string): unknown {
  try {
    const key = storageKey(name);
    return key === null ? null : (JSON.parse(sessionStorage.getItem(key) ?? 'null') as unknown);
  } catch {
    return null;
  }
}

export function saveDraft(name: string, value: unknown): void {
  try {
    const key = storageKey(name);
    if (key !== null) sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage may be switched off or full; the draft then lasts as long as the page.
  }
}

export function deleteDraft(name: string): void {
  try {
    const key = storageKey(name);
    if (key !== null) sessionStorage.removeItem(key);
  } catch {
    // As above.
  }
}

/** Deletes the drafts of every user in this tab. */
export function deleteSessionDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key);
  } catch {
    // As above.
  }
}

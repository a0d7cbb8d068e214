const storageKey = 'harang-checkout-place';

/** The location of the last checkout in this browser, or null. */
export function rememberedLocation(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

export function rememberLocation(locationId: string): void {
  try {
    localStorage.setItem(storageKey, locationId);
  } catch {
    // Storage may be switched off; the location is then chosen again.
  }
}

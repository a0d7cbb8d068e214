/** Keeps the screen on while the page is visible, where the browser can. Returns its end. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  const acquire = async () => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      lock = await navigator.wakeLock.request('screen');
    } catch {
      // Refused, by a low battery for instance: the screen then follows the device's settings.
    }
  };
  const handleVisibility = () => void acquire();
  void acquire();
  document.addEventListener('visibilitychange', handleVisibility);
  return () => {
    document.removeEventListener('visibilitychange', handleVisibility);
    void lock?.release();
  };
}

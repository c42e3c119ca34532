import { useEffect, useState } from 'react';

/** Without `requestIdleCallback` (Safari). */
const A_MOMENT = 200;

/** Whether the browser has had nothing to do since this was drawn: nobody waits for what is asked for then. */
export function useIsQuiet(): boolean {
  const [isQuiet, setQuiet] = useState(false);
  useEffect(() => {
    const quiet = () => setQuiet(true);
    if ('requestIdleCallback' in window) {
      const callback = requestIdleCallback(quiet, { timeout: 1_000 });
      return () => cancelIdleCallback(callback);
    }
    const timer = setTimeout(quiet, A_MOMENT);
    return () => clearTimeout(timer);
  }, []);
  return isQuiet;
}

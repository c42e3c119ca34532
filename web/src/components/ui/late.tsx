import { Suspense, useEffect, useState, type ReactNode } from 'react';

function Arrived({ onArrive }: { onArrive: () => void }) {
  useEffect(onArrive, [onArrive]);
  return null;
}

type Props = { isOpen: boolean; children: (isOpen: boolean) => ReactNode };

/** A dialog that is loaded when it is opened for the first time. It is there closed before it opens: it gives the focus back to what had it then. */
export function Late({ isOpen, children }: Props) {
  const [isWanted, setWanted] = useState(isOpen);
  const [isThere, setThere] = useState(false);
  const [arrive] = useState(() => () => setThere(true));
  if (isOpen && !isWanted) setWanted(true);
  return (
    <Suspense>
      {isWanted && (
        <>
          {children(isOpen && isThere)}
          <Arrived onArrive={arrive} />
        </>
      )}
    </Suspense>
  );
}

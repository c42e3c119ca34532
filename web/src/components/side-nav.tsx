import { Link, useRouterState, type LinkProps } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';

import classes from './side-nav.module.css';

export type SideLink = { to: NonNullable<LinkProps['to']>; label: string };

/** A page in parts: links at its side (above it on a phone), and the part that is open. */
export function SideNav({ label, links, children }: { label: string; links: SideLink[]; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  // Where the links are a line that does not fit, the one that is open is in sight; also when they become one.
  useEffect(() => {
    const links = nav.current;
    if (!links) return undefined;
    const resized = new ResizeObserver(() => {
      // Who reads further down is not called back.
      if (links.getBoundingClientRect().bottom > 0) links.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
    });
    resized.observe(links);
    return () => resized.disconnect();
  }, [pathname]);
  return (
    <div className={classes.frame}>
      <nav ref={nav} aria-label={label} className={classes.nav}>
        <ul className={classes.list}>
          {links.map((link) => (
            <li key={link.to}>
              <Link to={link.to} className={classes.link} activeProps={{ 'aria-current': 'page' }}>
                {link.label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className={classes.part}>{children}</div>
    </div>
  );
}

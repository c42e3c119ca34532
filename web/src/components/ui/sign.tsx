/** The sign of PAKE, as in public/icon.svg; drawn in the page, it is there at once. */
export function Sign({ size }: { size: number }) {
  return (
    <svg viewBox="0 0 64 64" width={size} height={size} aria-hidden>
      <rect width="64" height="64" rx="14" fill="#1f61a7" />
      <g fill="none" stroke="#fff" strokeWidth="5" strokeLinecap="round">
        <circle cx="28" cy="28" r="13" />
        <path d="m38 38 12 12M22 28h12M28 22v12" />
      </g>
    </svg>
  );
}

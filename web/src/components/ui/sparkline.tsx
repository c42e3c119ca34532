import classes from './sparkline.module.css';

const WIDTH = 100;
const HEIGHT = 28;

/** The corners of the line: from edge to edge, the lowest value at the bottom; what is not known is left out. */
function corners(values: (number | undefined)[], top: number): string {
  const step = WIDTH / Math.max(1, values.length - 1);
  return values
    .flatMap((value, place) => (value === undefined ? [] : [`${(place * step).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`]))
    .join(' ');
}

/** How a number went lately, as a small line that begins at nought. `label` says it in words. */
export function Sparkline({ values, label }: { values: (number | undefined)[]; label: string }) {
  const known = values.filter((value) => value !== undefined);
  const top = Math.max(...known, Number.EPSILON);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={classes.spark}>
      <title>{label}</title>
      <line x1={0} x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} className={classes.ground} />
      {known.length > 1 && <polyline points={corners(values, top)} className={classes.line} />}
    </svg>
  );
}

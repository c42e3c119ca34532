import classes from './charts.module.css';

/** What is under the pointer, in numbers. */
export function Hint({ title, lines }: { title: string; lines: [name: string, value: string][] }) {
  return (
    <div className={classes.hint}>
      <strong>{title}</strong>
      {lines.map(([name, value]) => (
        <span key={name}>
          {name}: {value}
        </span>
      ))}
    </div>
  );
}

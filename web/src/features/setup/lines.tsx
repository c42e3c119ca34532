import { CopyButton } from '@/components/ui/copy-button';

import classes from './setup.module.css';

/** Lines of the configuration file (or of a shell), to be copied as they are. */
export function Lines({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.lines}>
      <pre>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  );
}

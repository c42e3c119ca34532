import { Button, Title } from '@mantine/core';
import { IconDownload, IconPrinter } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { CopyButton } from '@/components/ui/copy-button';
import form from '@/components/ui/form.module.css';
import { saveFile } from '@/lib/save-file';

import classes from './security.module.css';

/** Recovery codes, shown this once: to be copied, kept as a file or printed. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation('account');
  const box = useRef<HTMLDivElement>(null);
  // Once the dialog that made them has closed and given the keyboard back.
  useEffect(() => {
    const frame = requestAnimationFrame(() => box.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, [codes]);
  const text = `${codes.join('\n')}\n`;
  return (
    <div ref={box} tabIndex={-1} className={classes.codes} role="group" aria-labelledby="recovery-codes" data-printed>
      <Title order={3} size="h4" id="recovery-codes">
        {t('codes.title')}
      </Title>
      <p>{t('codes.text')}</p>
      <ul className={classes.list}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={form.buttons}>
        <CopyButton text={text} />
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() => saveFile({ blob: new Blob([text], { type: 'text/plain' }), name: 'pake-recovery-codes.txt' })}
        >
          {t('codes.save')}
        </Button>
        <Button size="compact-sm" variant="default" leftSection={<IconPrinter size={14} aria-hidden />} onClick={() => window.print()}>
          {t('codes.print')}
        </Button>
        <Button size="compact-sm" onClick={onDone}>
          {t('codes.kept')}
        </Button>
      </div>
    </div>
  );
}

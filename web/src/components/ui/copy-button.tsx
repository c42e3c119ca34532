import { Button, type ButtonProps } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { say } from './sayings';

type Props = { text: string; label?: string } & Pick<ButtonProps, 'size' | 'variant'>;

/** Copies a text, and says that it did. */
export function CopyButton({ text, label, size = 'compact-sm', variant = 'default' }: Props) {
  const { t } = useTranslation('shell');
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    say(t('copy.copied'), { isShown: false });
  };
  return (
    <Button
      size={size}
      variant={variant}
      leftSection={isCopied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
      onClick={() => void copy()}
      onBlur={() => setCopied(false)}
    >
      {isCopied ? t('copy.copied') : (label ?? t('copy.copy'))}
    </Button>
  );
}

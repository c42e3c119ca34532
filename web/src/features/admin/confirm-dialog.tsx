import { Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { FormDialog } from '@/components/form-dialog';

const LONGEST_REASON = 500;

type Props = {
  title: string;
  children: ReactNode;
  /** What the button says. */
  label: string;
  /** Whether it takes something away. */
  isDanger?: boolean;
  /** What has to be typed, to the letter, before something that cannot be taken back. */
  word?: string | undefined;
  /** Whether it has to be said why. */
  asksReason?: boolean;
  act: (said: { reason: string; confirm: string }) => Promise<unknown>;
  onClose: () => void;
};

/** Asks once more before something is done, and stays open when that fails. */
export function ConfirmDialog({ title, children, label, isDanger = false, word, asksReason = false, act, onClose }: Props) {
  const { t } = useTranslation('admin');
  const [reason, setReason] = useState('');
  const [confirm, setConfirm] = useState('');
  const isSaid = (!asksReason || reason.trim() !== '') && (word === undefined || confirm.trim() === word);
  return (
    <FormDialog title={title} deed={label} isDanger={isDanger} isReady={isSaid} act={() => act({ reason: reason.trim(), confirm: confirm.trim() })} onClose={onClose}>
      <Text component="div" size="sm">
        {children}
      </Text>
      {asksReason && (
        <TextInput
          label={t('confirm.reason')}
          description={t('confirm.reasonText')}
          maxLength={LONGEST_REASON}
          required
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
      {word !== undefined && (
        <TextInput label={t('confirm.word', { word })} autoComplete="off" spellCheck={false} required value={confirm} onChange={(event) => setConfirm(event.currentTarget.value)} />
      )}
    </FormDialog>
  );
}

import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';

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
  const { t: shell } = useTranslation('shell');
  const [reason, setReason] = useState('');
  const [confirm, setConfirm] = useState('');
  const deed = useMutation({ mutationFn: act, onSuccess: onClose });
  const isSaid = (!asksReason || reason.trim() !== '') && (word === undefined || confirm.trim() === word);
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': shell('close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isSaid) deed.mutate({ reason: reason.trim(), confirm: confirm.trim() });
        }}
      >
        <Stack gap="sm">
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
            <TextInput
              label={t('confirm.word', { word })}
              autoComplete="off"
              spellCheck={false}
              required
              value={confirm}
              onChange={(event) => setConfirm(event.currentTarget.value)}
            />
          )}
          {deed.isError && <Failure error={deed.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shell('cancel')}
            </Button>
            <Button type="submit" {...(isDanger && { color: 'red.9' })} disabled={!isSaid} loading={deed.isPending}>
              {label}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

type Props = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  /** The deed as a verb: "Delete". */
  deed: string;
  onConfirm: () => void;
  isBusy?: boolean;
};

/** Asks before something that cannot be undone. */
export function Confirm({ isOpen, onClose, title, children, deed, onConfirm, isBusy = false }: Props) {
  const { t } = useTranslation('shell');
  return (
    <Modal opened={isOpen} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      {children}
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t('cancel')}
        </Button>
        <Button color="red" onClick={onConfirm} loading={isBusy}>
          {deed}
        </Button>
      </Group>
    </Modal>
  );
}

import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Entry } from './api';
import { TagEditor } from './tag-editor';

/** The tags of a search, where it stands in the list. */
export function TagsDialog({ entry, isOpen, onClose }: { entry: Entry; isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation(['history', 'shell']);
  return (
    <Modal opened={isOpen} onClose={onClose} title={t('tags.of', { query: entry.query })} closeButtonProps={{ 'aria-label': t('shell:close') }}>
      <TagEditor entry={entry} />
    </Modal>
  );
}

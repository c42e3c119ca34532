import { ActionIcon, Menu, Modal } from '@mantine/core';
import { IconDots, IconGitCompare, IconSearch, IconTag, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useMay } from '@/lib/me';

import { searchAddress } from './address';
import type { Entry } from './api';
import { DeleteEntry } from './delete-entry';
import { TagEditor } from './tag-editor';
import { useRunAndCompare } from './use-run-and-compare';

type Asked = 'tags' | 'delete' | undefined;

/** What can be done with one search, in the list. */
export function EntryMenu({ entry }: { entry: Entry }) {
  const { t } = useTranslation(['history', 'shell']);
  const mayWrite = useMay('search:write');
  const [asked, setAsked] = useState<Asked>();
  const { run, isRunning } = useRunAndCompare(entry);
  const close = () => setAsked(undefined);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="md" loading={isRunning} aria-label={t('menu.label', { query: entry.query })}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconSearch size={16} aria-hidden />} renderRoot={(props) => <Link to="/" search={searchAddress(entry)} {...props} />}>
            {t('menu.search')}
          </Menu.Item>
          <Menu.Item leftSection={<IconGitCompare size={16} aria-hidden />} onClick={run}>
            {t('menu.compare')}
          </Menu.Item>
          {mayWrite && (
            <>
              <Menu.Item leftSection={<IconTag size={16} aria-hidden />} onClick={() => setAsked('tags')}>
                {t('menu.tags')}
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsked('delete')}>
                {t('menu.delete')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asked === 'tags'} onClose={close} title={t('tags.of', { query: entry.query })} closeButtonProps={{ 'aria-label': t('shell:close') }}>
        <TagEditor entry={entry} />
      </Modal>
      <DeleteEntry entry={entry} isOpen={asked === 'delete'} onClose={close} />
    </>
  );
}

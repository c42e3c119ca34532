import { ActionIcon } from '@mantine/core';
import { IconDots, IconGitCompare, IconSearch, IconTag, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Late } from '@/components/ui/late';
import { Menu, type LinkProps, type MenuEntry } from '@/components/ui/menu';
import { useMay } from '@/lib/me';

import { searchAddress } from './address';
import type { Entry } from './api';
import { useRunAndCompare } from './use-run-and-compare';

const DeleteEntry = lazy(() => import('./delete-entry').then((module) => ({ default: module.DeleteEntry })));
const TagsDialog = lazy(() => import('./tags-dialog').then((module) => ({ default: module.TagsDialog })));

type Asked = 'tags' | 'delete' | undefined;

/** What can be done with one search, in the list. */
export function EntryMenu({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const mayWrite = useMay('search:write');
  const [asked, setAsked] = useState<Asked>();
  const { run, isRunning } = useRunAndCompare(entry);
  const close = () => setAsked(undefined);
  const entries: MenuEntry[] = [
    { label: t('menu.search'), icon: <IconSearch size={16} aria-hidden />, link: (props: LinkProps) => <Link to="/" search={searchAddress(entry)} {...props} /> },
    { label: t('menu.compare'), icon: <IconGitCompare size={16} aria-hidden />, onSelect: run },
  ];
  if (mayWrite) {
    entries.push(
      { label: t('menu.tags'), icon: <IconTag size={16} aria-hidden />, onSelect: () => setAsked('tags') },
      { label: t('menu.delete'), icon: <IconTrash size={16} aria-hidden />, onSelect: () => setAsked('delete') },
    );
  }
  return (
    <>
      <Menu
        button={
          <ActionIcon variant="subtle" color="gray" size="md" loading={isRunning} aria-label={t('menu.label', { query: entry.query })}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        }
        entries={entries}
      />
      <Late isOpen={asked === 'tags'}>{(isOpen) => <TagsDialog entry={entry} isOpen={isOpen} onClose={close} />}</Late>
      <Late isOpen={asked === 'delete'}>{(isOpen) => <DeleteEntry entry={entry} isOpen={isOpen} onClose={close} />}</Late>
    </>
  );
}

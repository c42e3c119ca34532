import { Button } from '@mantine/core';
import { IconChevronDown, IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';

import { Menu } from '@/components/ui/menu';
import { useSayFailure } from '@/components/use-say-failure';
import { takeFile } from '@/lib/api';
import { saveFile } from '@/lib/save-file';

type Props = { label: string; files: { label: string; path: string }[] };

/** A choice of files that the server makes. */
export function DownloadMenu({ label, files }: Props) {
  const sayFailure = useSayFailure();
  const download = useMutation({
    mutationFn: async (path: string) => saveFile(await takeFile(path)),
    onError: sayFailure,
  });
  return (
    <Menu
      button={
        <Button
          variant="default"
          size="compact-sm"
          loading={download.isPending}
          leftSection={<IconDownload size={16} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          {label}
        </Button>
      }
      entries={files.map((file) => ({ label: file.label, onSelect: () => download.mutate(file.path) }))}
    />
  );
}

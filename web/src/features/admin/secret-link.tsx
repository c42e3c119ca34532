import { Alert, Code, Group, Stack, Text } from '@mantine/core';
import { IconLink } from '@tabler/icons-react';
import '@mantine/core/styles/Alert.layer.css';
import '@mantine/core/styles/Code.layer.css';

import { CopyButton } from '@/components/ui/copy-button';

type Props = { title: string; text: string; link: string; label: string; onClose: () => void; closeLabel: string };

/** A link that lets its holder in: shown once, to be passed on. */
export function SecretLink({ title, text, link, label, onClose, closeLabel }: Props) {
  return (
    <Alert color="accent" icon={<IconLink size={18} aria-hidden />} title={title} withCloseButton closeButtonLabel={closeLabel} onClose={onClose} mb="md">
      <Stack gap="xs">
        <Text size="sm">{text}</Text>
        <Group gap="xs">
          <Code>{link}</Code>
          <CopyButton text={link} label={label} />
        </Group>
      </Stack>
    </Alert>
  );
}

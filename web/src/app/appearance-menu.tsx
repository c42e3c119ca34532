import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconCheck, IconLanguage, IconSunMoon } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { isLanguage, LANGUAGES, rememberLanguage } from '@/lib/language';

const SCHEMES = ['light', 'dark', 'auto'] as const satisfies MantineColorScheme[];

/** Marks what is chosen. */
const check = (isChosen: boolean) => <IconCheck size={16} aria-hidden visibility={isChosen ? 'visible' : 'hidden'} />;

/** Theme and language. */
export function AppearanceMenu() {
  const { t, i18n } = useTranslation('shell');
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const speak = (language: string) => {
    if (isLanguage(language)) rememberLanguage(language);
    void i18n.changeLanguage(language);
  };
  return (
    <>
      <Menu position="bottom-end" withinPortal={false}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('language')}>
            <IconLanguage size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('language')}>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <Menu.Item key={code} lang={code} leftSection={check(i18n.resolvedLanguage === code)} onClick={() => speak(code)}>
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" withinPortal={false}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('scheme.label')}>
            <IconSunMoon size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('scheme.label')}>
          {SCHEMES.map((scheme) => (
            <Menu.Item key={scheme} leftSection={check(colorScheme === scheme)} onClick={() => setColorScheme(scheme)}>
              {t(`scheme.${scheme}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

import { ActionIcon, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconCheck, IconLanguage, IconSunMoon } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { Menu } from '@/components/ui/menu';
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
      <Menu
        button={
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('language')}>
            <IconLanguage size={20} aria-hidden />
          </ActionIcon>
        }
        withinPortal={false}
        entries={Object.entries(LANGUAGES).map(([code, name]) => ({ label: name, lang: code, icon: check(i18n.resolvedLanguage === code), onSelect: () => speak(code) }))}
      />
      <Menu
        button={
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('scheme.label')}>
            <IconSunMoon size={20} aria-hidden />
          </ActionIcon>
        }
        withinPortal={false}
        entries={SCHEMES.map((scheme) => ({ label: t(`scheme.${scheme}`), icon: check(colorScheme === scheme), onSelect: () => setColorScheme(scheme) }))}
      />
    </>
  );
}

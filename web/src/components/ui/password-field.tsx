import '@mantine/core/styles/PasswordInput.layer.css';

import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

type Props = Omit<PasswordInputProps, 'value' | 'onChange'> & { value: string; onChange: (value: string) => void };

/** Where a password is typed; it can be looked at, with the keyboard too. */
export function PasswordField({ onChange, visible, onVisibilityChange, ...rest }: Props) {
  const { t } = useTranslation('forms');
  const [isSeen, setSeen] = useState(false);
  const isVisible = visible ?? isSeen;
  return (
    <PasswordInput
      autoComplete="current-password"
      maxLength={1024}
      {...rest}
      visible={isVisible}
      onVisibilityChange={onVisibilityChange ?? setSeen}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ 'aria-label': isVisible ? t('password.hide') : t('password.show') }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

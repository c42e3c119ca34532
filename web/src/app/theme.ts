import {
  convertCssVariables,
  createTheme,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
  type MantineTheme,
} from '@mantine/core';

/** One accent, system fonts, dense. */
export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 8, dark: 7 },
  colors: {
    accent: ['#eef4fb', '#d9e6f5', '#b0cceb', '#83b0e1', '#65a0e0', '#4587d3', '#377fd1', '#2a6db9', '#1f61a7', '#0a5394'],
    // Mantine's own lightness in the hue of the surfaces (base.css).
    dark: ['#c7cacd', '#b5b9bd', '#7f8387', '#666a6e', '#40444a', '#383c41', '#2c2f33', '#22252a', '#1d2023', '#131518'],
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // The lock of the page's scrolling writes a <style>; base.css does it instead.
    Modal: { defaultProps: { lockScroll: false, centered: true }, styles: { title: { fontWeight: 650 } } },
    Drawer: { defaultProps: { lockScroll: false }, styles: { title: { fontWeight: 650 } } },
    // A <header> in a dialog would be a second banner of the page.
    ModalHeader: { defaultProps: { component: 'div' } },
    DrawerHeader: { defaultProps: { component: 'div' } },
    // A menu has nothing but its items in it; the first is where the keyboard begins.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    Loader: { defaultProps: { type: 'dots' } },
  },
});

/** Mantine's own greys and reds are too pale to be read by everybody (WCAG 2.2, 4.5 : 1). */
function resolver(full: MantineTheme) {
  const all = defaultCssVariablesResolver(full);
  Object.assign(all.light, {
    '--mantine-color-dimmed': '#51585f',
    '--mantine-color-placeholder': '#6a7178',
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': '#1f61a7',
  });
  Object.assign(all.dark, {
    '--mantine-color-dimmed': '#a8adb3',
    '--mantine-color-placeholder': '#94999f',
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-anchor': '#83b0e1',
  });
  return all;
}

/** Colours of Mantine that nothing here is painted with: each would be 20 variables. */
const unused = /--mantine-color-(pink|grape|violet|indigo|cyan|lime|blue)-[^;]*;/g;

/** The stylesheet with the theme's variables. */
export function variables(): string {
  const css = convertCssVariables(resolver(mergeMantineTheme(DEFAULT_THEME, theme)), ':root');
  return `/* Written by \`npm run gen\` from theme.ts. */\n${css.replaceAll(unused, '').trim().replaceAll(';', ';\n').replaceAll('{', ' {\n')}\n`;
}

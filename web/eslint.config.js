import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

import zones from './build/zones.js';

/** Text that people read comes from the locales, in every language. */
const noHardCodedText = [
  {
    selector: 'JSXText[value=/[A-Za-zÀ-ÿ]{2,}/]',
    message: 'Text that people read comes from src/locales (t).',
  },
  {
    selector:
      'JSXAttribute[name.name=/^(aria-label|aria-description|title|placeholder|label|alt|description|error)$/] > Literal[value=/[A-Za-zÀ-ÿ]{2,}/]',
    message: 'Text that people read comes from src/locales (t).',
  },
];

/** What writes a `<style>` into the page, which the Content-Security-Policy refuses. */
const noStyleElements = [
  {
    selector: 'JSXOpeningElement[name.name=/^(AppShell|SimpleGrid|Grid|style)$/]',
    message: 'It writes a <style>, which the Content-Security-Policy refuses: use a CSS module.',
  },
];

export default tseslint.config(
  { ignores: ['dist', 'dev-dist', 'coverage', 'src/**/*.gen.ts', 'playwright-report', 'test-results'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  jsxA11y.flatConfigs.strict,
  reactHooks.configs.flat.recommended,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { house: { rules: { zones } } },
    rules: {
      'house/zones': 'error',
      'max-lines': ['error', { max: 300 }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Declaration merging (the router's, i18next's) needs interfaces.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // The router redirects by throwing what is no Error.
      '@typescript-eslint/only-throw-error': 'off',
      'no-restricted-syntax': ['error', ...noHardCodedText, ...noStyleElements],
      'no-console': 'error',
      // Watching where the focus goes is no interaction; articles and regions are gone through by keyboard.
      'jsx-a11y/no-noninteractive-element-interactions': ['error', { handlers: ['onClick', 'onKeyDown', 'onKeyUp'] }],
      'jsx-a11y/no-noninteractive-tabindex': ['error', { roles: ['article', 'region', 'feed'], tags: ['article'] }],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  { files: ['public/**'], languageOptions: { globals: { document: 'readonly', fetch: 'readonly', localStorage: 'readonly', matchMedia: 'readonly', navigator: 'readonly', window: 'readonly' } } },
  { files: ['build/**', 'benches/**'], rules: { 'no-console': 'off' } },
  { files: ['src/**/*.test.{ts,tsx}', 'src/testing/**', 'e2e/**', 'benches/**'], rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/no-non-null-assertion': 'off', 'react-hooks/rules-of-hooks': 'off', '@typescript-eslint/no-empty-function': 'off' } },
  // Playwright reads what a fixture needs from its first argument, which may be nothing.
  { files: ['e2e/**'], rules: { 'no-empty-pattern': 'off' } },
);

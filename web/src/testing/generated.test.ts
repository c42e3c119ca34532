import { readFileSync } from 'node:fs';
import path from 'node:path';

import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

import { variables } from '@/app/theme';

const root = path.resolve(import.meta.dirname, '../..');

it('the types are those of the document of the server (else: npm run gen)', { timeout: 60_000 }, async () => {
  const document = new URL(`file://${path.join(root, '../docs/reference/openapi.json')}`);
  const text = astToString(await openapiTS(document, { alphabetize: true, defaultNonNullable: false }));
  const kept = readFileSync(path.join(root, 'src/lib/schema.gen.ts'), 'utf8');
  expect(kept.endsWith(text)).toBe(true);
});

it('the stylesheet of the theme is that of theme.ts (else: npm run gen)', () => {
  expect(readFileSync(path.join(root, 'src/app/theme.gen.css'), 'utf8')).toBe(variables());
});

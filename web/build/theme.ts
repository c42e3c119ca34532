/** Writes the variables of the theme as a stylesheet: what Mantine would put into a `<style>`, which the CSP refuses. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { variables } from '../src/app/theme.ts';

writeFileSync(path.resolve(import.meta.dirname, '../src/app/theme.gen.css'), variables());

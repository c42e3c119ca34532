/**
 * Which modules are one file. A phone pays for each file with a way there and back: what every page needs is in two of them (that of
 * others, which changes seldom, and ours), and what the search page needs beside them is together, too. The rest is split by page.
 */
import { fileURLToPath } from 'node:url';

type Context = { getModuleInfo(id: string): { importedIds: readonly string[] } | null };

const source = (name: string) => fileURLToPath(new URL(`../src/${name}`, import.meta.url));
const BEGIN = source('app/begin.tsx');
const SEARCH = source('features/search/search-page.tsx');
const isOurs = (id: string) => id.includes('/src/');

/** Every module of ours that is loaded with this one. (Libraries name all of theirs in one file, whoever needs which.) */
function reach(id: string, context: Context, into = new Set<string>()): Set<string> {
  if (into.has(id) || !isOurs(id)) return into;
  into.add(id);
  for (const other of context.getModuleInfo(id)?.importedIds ?? []) reach(other, context, into);
  return into;
}

let ofAll: Set<string> | undefined;
let ofSearch: Set<string> | undefined;

/** What of ours every page needs; what the search page shares with others; what only it uses. */
function ours(id: string, context: Context): string | null {
  if (/@tanstack\/(react-)?virtual/.test(id)) return 'parts';
  ofAll ??= reach(BEGIN, context);
  ofSearch ??= reach(SEARCH, context);
  if (id === BEGIN || id === SEARCH) return null;
  if (ofAll.has(id)) return 'app';
  if (!ofSearch.has(id)) return null;
  return id.includes('/features/search/') ? 'search' : 'parts';
}

const OF_OTHERS =
  /node_modules\/((react|react-dom|scheduler|@tanstack\/(react-)?(router|query|store|history)[\w-]*|i18next|react-i18next|openapi-fetch|use-sync-external-store|@floating-ui|@mantine\/hooks|@mantine\/core\/esm\/core|clsx)|@mantine\/core\/esm\/components\/(ActionIcon|Button|Checkbox|CloseButton|FocusTrap|Input|InlineInput|Loader|Menu|NativeSelect|Paper|Popover|Portal|Skeleton|Text|Title|Tooltip|Transition|UnstyledButton|VisuallyHidden))\//;

export const groups = [
  // By itself: what is first on the screen needs nothing else.
  { name: 'load', test: /vite\/preload-helper/ },
  { name: 'frame', test: OF_OTHERS },
  { name: ours },
  { name: 'icons', test: /@tabler\/icons-react\//, minShareCount: 2 },
];

/**
 * Which modules are one file. A phone pays for each file with a way there and back: what every page needs is in three of them (React,
 * what else is of others, and ours), and so is what the pages that most people open share with others. The rest is split by page.
 */
import { fileURLToPath } from 'node:url';

type Info = { importedIds: readonly string[]; dynamicallyImportedIds: readonly string[] };
type Context = { getModuleInfo(id: string): Info | null };

const source = (name: string) => fileURLToPath(new URL(`../src/${name}`, import.meta.url));
const BEGIN = source('app/begin.tsx');
/** The pages that most people open, and where goes what they share with others. */
const PAGES = { [source('features/search/search-page.tsx')]: 'app', [source('features/history/history-page.tsx')]: 'app', [source('features/sign-in/sign-in-page.tsx')]: 'door' };
/** By the whole path: somebody's clone may well be in a folder that is called src. */
const isOurs = (id: string) => id.startsWith(source('')) && !id.endsWith('.json');

/** Every module of ours that is loaded with this one. (Libraries name all of theirs in one file, whoever needs which.) */
function reach(id: string, context: Context, into = new Set<string>()): Set<string> {
  if (into.has(id) || !isOurs(id)) return into;
  into.add(id);
  for (const other of context.getModuleInfo(id)?.importedIds ?? []) reach(other, context, into);
  return into;
}

/** Every module of ours that is loaded when it is needed, and what is loaded with it. */
function loadedLater(context: Context): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const look = (begin: string) => {
    if (found.has(begin) || !isOurs(begin)) return;
    const modules = reach(begin, context);
    found.set(begin, modules);
    for (const id of modules) for (const later of context.getModuleInfo(id)?.dynamicallyImportedIds ?? []) look(later);
  };
  look(BEGIN);
  return found;
}

let known: Map<string, Set<string>> | undefined;

/** What of ours every page needs, and what the first pages share with others; what only one page needs is in the file of that page. */
function ours(id: string, context: Context): string | null {
  if (/@tanstack\/(react-)?virtual/.test(id)) return 'app';
  known ??= loadedLater(context);
  if (known.get(BEGIN)?.has(id)) return 'app';
  const users = [...known].filter(([, modules]) => modules.has(id)).map(([user]) => user);
  const first = users.find((user) => user in PAGES);
  return users.length > 1 && first !== undefined && !(id in PAGES) ? (PAGES[first] ?? null) : null;
}

const REACT = /node_modules\/(react|react-dom|scheduler|use-sync-external-store)\//;
const OF_OTHERS =
  /node_modules\/((@tanstack\/(react-)?(router|query|store|history)[\w-]*|i18next|react-i18next|openapi-fetch|@tabler\/icons-react|@mantine\/hooks|@mantine\/core\/esm\/core|clsx)|@mantine\/core\/esm\/components\/(ActionIcon|Anchor|Button|Checkbox|CloseButton|Input|InputBase|InlineInput|Loader|NativeSelect|Paper|Skeleton|Text|TextInput|Title|Transition|UnstyledButton|VisuallyHidden))\//;
/** What opens over the page is loaded when it does. */
const POPUPS = /node_modules\/(@floating-ui|@mantine\/core\/esm\/(utils\/Floating|components\/(Menu|Popover|Portal|FocusTrap|Overlay|Modal|ModalBase|Drawer)))\//;
/** What is first on the screen needs nothing else; the style of the pages that most people open comes with it, in one file. */
const FIRST = /vite\/preload-helper|src\/main\.tsx|src\/app\/[\w.]+\.css|src\/components\/(ui\/)?[\w.-]+\.css|src\/features\/(search|history|sign-in)\/[\w.-]+\.css/;

export const groups = [
  { name: 'load', test: FIRST },
  { name: 'react', test: REACT },
  { name: 'frame', test: OF_OTHERS },
  { name: 'popups', test: POPUPS },
  { name: ours },
];

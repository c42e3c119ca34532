import '@/app/mantine.css';
import '@/app/theme.gen.css';
import '@/app/base.css';

/** What the build says every page needs (build/first.ts), in the order in which it is needed. */
const files = [...document.querySelectorAll<HTMLLinkElement>('link[data-first]')].map(({ href }) => href);
const breath = () => new Promise((done) => setTimeout(done));

/**
 * The app, once the frame that stands in index.html is on the screen: what is heavy keeps nobody from seeing that something comes.
 * Each file is run by itself: between two of them the browser answers.
 */
async function begin(): Promise<void> {
  for (const file of files) {
    await import(/* @vite-ignore */ file);
    await breath();
  }
  await import('@/app/begin');
}

// A tab that nobody looks at paints nothing.
if (document.hidden) void begin();
else requestAnimationFrame(() => setTimeout(() => void begin()));

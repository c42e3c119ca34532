import '@/app/mantine.css';
import '@/app/theme.gen.css';
import '@/app/base.css';

/** The app, once the frame that stands in index.html is on the screen: what is heavy keeps nobody from seeing that something comes. */
const begin = () => void import('@/app/begin');

// A tab that nobody looks at paints nothing.
if (document.hidden) begin();
else requestAnimationFrame(() => setTimeout(begin));

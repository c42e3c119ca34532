import { useMay } from '@/lib/me';

import { Attention } from './attention';
import { Now } from './now';
import { SourcesNow } from './sources-now';
import { Week } from './week';

/** What there is to know at a glance; as much of it as somebody may see. */
export function DashboardPage() {
  const mayOperate = useMay('system:manage');
  return (
    <>
      {mayOperate && <Now />}
      <Week />
      <SourcesNow />
      <Attention />
    </>
  );
}

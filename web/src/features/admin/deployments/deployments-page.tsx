import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Facts } from '@/components/ui/facts';
import { Records, type Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { useFormat } from '@/lib/format';

import { deploymentsQuery, isUnderWay, short, type Deployment, type Deployments } from './api';
import { DeploymentDetails } from './deployment-details';
import { DeploymentState } from './deployment-state';
import classes from './deployments.module.css';
import { Rollback } from './rollback';

const KINDS = ['deploy', 'rollback', 'restart'] as const;
type Kind = (typeof KINDS)[number];

/** What runs, and the way back from it. */
function Now({ of }: { of: Deployments }) {
  const { t } = useTranslation('admin');
  const { current, back_to: before, asked, refused } = of;
  const isHalted = of.deployments[0]?.outcome === 'halted';
  return (
    <>
      {current != null && (
        <Facts
          facts={[
            [t('deployments.image'), current.image],
            [t('deployments.digest'), <code key="digest">{short(current.digest)}</code>],
            [t('deployments.release'), <code key="release">{current.deploy}</code>],
            [t('deployments.since'), <Time key="since" at={current.committed_at} />],
          ]}
        />
      )}
      <div role="status" className={classes.notice}>
        {isHalted && <p>{t('deployments.haltedText')}</p>}
        {asked != null && <p>{t('deployments.askedText', { name: asked.by })}</p>}
        {asked == null && refused != null && <p>{t('deployments.refusedText', { name: refused.by, why: refused.why })}</p>}
      </div>
      {current != null && before != null && !isUnderWay(of) && !isHalted && (
        <div>
          <Rollback from={current} to={before} />
        </div>
      )}
    </>
  );
}

function useColumns(): Column<Deployment>[] {
  const { t } = useTranslation('admin');
  const { duration } = useFormat();
  const kindOf = (kind: string) => (KINDS.some((known) => known === kind) ? t(`deployments.kinds.${kind as Kind}`) : kind);
  const took = ({ began, last, outcome }: Deployment) =>
    began != null && last != null && outcome != null ? duration(new Date(last).getTime() - new Date(began).getTime()) : null;
  return [
    { key: 'when', head: t('deployments.when'), cell: ({ began }) => (began == null ? '–' : <Time at={began} />) },
    {
      key: 'what',
      head: t('deployments.what'),
      cell: (deployment) => (
        <div>
          <span className={classes.image}>{deployment.image ?? deployment.deploy}</span>
          {deployment.kind != null && <span className={classes.kind}>{kindOf(deployment.kind)}</span>}
        </div>
      ),
    },
    {
      key: 'digest',
      head: t('deployments.digest'),
      cell: ({ from, to }) => {
        if (to == null) return '–';
        if (from == null) return <code>{short(to)}</code>;
        if (from === to) return t('deployments.same');
        return (
          <span>
            <code>{short(from)}</code> → <code>{short(to)}</code>
          </span>
        );
      },
    },
    {
      key: 'outcome',
      head: t('deployments.outcome'),
      cell: (deployment) => (
        <div>
          <DeploymentState of={deployment} />
          {deployment.reason != null && <p className={classes.why}>{deployment.reason}</p>}
          <DeploymentDetails of={deployment} />
        </div>
      ),
    },
    { key: 'who', head: t('deployments.who'), cell: ({ by }) => by ?? '–' },
    { key: 'took', head: t('deployments.took'), cell: took },
  ];
}

/** What was deployed here: by whom, from what to what, how it went, and the way back. */
export function DeploymentsPage() {
  const { t } = useTranslation('admin');
  const query = useQuery(deploymentsQuery);
  const columns = useColumns();
  return (
    <Section title={t('deployments.title')} lead={t('deployments.lead')}>
      <Loaded query={query} lines={6}>
        {(all) =>
          all.deployments.length === 0 && all.current == null ? (
            <Empty title={t('deployments.none')}>{t(all.is_set_up ? 'deployments.noneText' : 'deployments.offText')}</Empty>
          ) : (
            <div className={classes.parts}>
              <Now of={all} />
              <Records caption={t('deployments.title')} columns={columns} rows={all.deployments} rowKey={({ deploy }) => deploy} />
            </div>
          )
        }
      </Loaded>
    </Section>
  );
}

// Images that are made of the real one: good ones that differ in a label only, and such as no release should be.
import { spawnSync } from 'node:child_process';

const real = process.env.PAKE_IMAGE ?? '';
const project = process.env.COMPOSE_PROJECT_NAME ?? '';
const made: string[] = [];

/** Builds an image out of a Dockerfile without any folder. */
function build(name: string, dockerfile: string): string {
  const tag = `pake-deploy-e2e:${project}-${name}`;
  const run = spawnSync('docker', ['build', '--quiet', '--tag', tag, '-'], { input: dockerfile, encoding: 'utf8', env: { ...process.env, DOCKER_BUILDKIT: '0' } });
  if (run.status !== 0) throw new Error(`docker build ${name}: ${run.stderr}`);
  made.push(tag);
  return tag;
}

/** The real one, under another digest. */
export const good = (name: string): string => build(name, `FROM ${real}\nLABEL pake.e2e=${project}-${name}\n`);

/** The real one, behind a shell script that decides what becomes of a command. `pake` is the real program. */
export function behind(name: string, script: string): string {
  const lines = ['#!/bin/sh', ...script.trim().split('\n').map((line) => line.trim()), 'exec pake "$@"'];
  const written = lines.map((line) => `'${line.replaceAll("'", `'"'"'`)}'`).join(' ');
  return build(
    name,
    [
      'FROM debian:bookworm-slim',
      `COPY --from=${real} /usr/local/bin/pake /usr/local/bin/pake`,
      `COPY --from=${real} --chown=10001:10001 /var/lib/pake /var/lib/pake`,
      `RUN printf '%s\\n' ${written} >/usr/local/bin/door && chmod 0755 /usr/local/bin/door`,
      'USER 10001:10001',
      'WORKDIR /var/lib/pake',
      'ENV PAKE_SERVER__DATA_DIR=/var/lib/pake',
      'ENTRYPOINT ["/usr/local/bin/door"]',
      'CMD ["serve"]',
      '',
    ].join('\n'),
  );
}

export function forget(): void {
  for (const tag of made) spawnSync('docker', ['image', 'rm', '--force', tag]);
}

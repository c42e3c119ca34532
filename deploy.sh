#!/usr/bin/env bash
# Deploying PAKE without knowing where its binary is: finds one or builds it, and hands over to it. `pake deploy --help` tells all.
#
#   ./deploy.sh deploy [OPTIONS]      a new release takes the place of the old one
#   ./deploy.sh rollback [RELEASE]    back to the release before
#   ./deploy.sh status | logs | restart | stop | start | releases | recover | plan | audit      as `pake` has them
#   ./deploy.sh backup                a checked copy of the database, in the volume `data`
#
#   PAKE      the binary [pake of the PATH, else target/release/pake, else target/debug/pake, else it is built]
#
# Exit status: as pake has it; 0 done, 1 the world is at fault, 2 PAKE is at fault.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here"

say() { printf 'deploy.sh: %s\n' "$*" >&2; }

found() {
  local candidate
  for candidate in "${PAKE:-}" "$(command -v pake || true)" "${CARGO_TARGET_DIR:-target}/release/pake" "${CARGO_TARGET_DIR:-target}/debug/pake"; do
    if [[ -n $candidate && -x $candidate ]] && "$candidate" deploy --help >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# A copy of the database by the PAKE that is live. It stays on this machine, in the volume `data`: copies elsewhere, and trials of
# putting one back, are yours to arrange until `pake backup` does.
backup() {
  local live
  live=$("$pake" status --json | sed -n 's/.*"live":{"colour":"\([a-z]*\)".*/\1/p')
  [[ -n $live ]] || { say 'no PAKE is live that could copy its database'; exit 1; }
  local project container
  project=$(cd deploy && docker compose --env-file .env.production config --format json | sed -n 's/^ *"name": "\([^"]*\)",*$/\1/p' | head -n 1)
  container=$(docker ps --quiet --filter "label=pake.colour=$live" --filter "name=^$project-" | head -n 1)
  [[ -n $container ]] || { say "the container of $live is not found"; exit 1; }
  docker exec "$container" pake maintenance back-up
  say 'the copy is in the volume data on this machine, and nowhere else'
}

case ${1:-} in
  deploy | plan | rollback | status | logs | restart | stop | start | releases | recover | audit | backup) ;;
  -h | --help | help)
    sed -n '2,/^set /p' "${BASH_SOURCE[0]}" | sed -n 's/^# \{0,1\}//p'
    exit 0
    ;;
  *)
    say "give one of deploy, plan, rollback, status, logs, restart, stop, start, releases, recover, audit, backup; --help tells more"
    exit 1
    ;;
esac

if ! pake=$(found); then
  say 'there is no pake here that can deploy: building one'
  cargo build --quiet --locked --release --package pake
  pake=${CARGO_TARGET_DIR:-target}/release/pake
fi
if [[ $1 == backup ]]; then
  backup
else
  exec "$pake" "$@"
fi

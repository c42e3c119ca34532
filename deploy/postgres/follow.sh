#!/usr/bin/env bash
# A PostgreSQL that follows another one: copies it the first time, and streams from then on.
set -euo pipefail
export PGPASSFILE=/tmp/pgpass
(umask 077 && printf '%s:5432:*:replicator:%s\n' "$PAKE_PRIMARY" "$(</run/secrets/replication_password)" >"$PGPASSFILE")
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  # A copy that was cut off is no beginning.
  find "$PGDATA" -mindepth 1 -delete
  pg_basebackup --host "$PAKE_PRIMARY" --username replicator --pgdata "$PGDATA" --wal-method stream --checkpoint fast \
    --write-recovery-conf
  chmod 700 "$PGDATA"
fi
# With fewer connections than the other one has it does not follow.
exec postgres -c hot_standby=on -c listen_addresses='*' -c "max_connections=$PAKE_CONNECTIONS" -c "shared_buffers=$PAKE_BUFFERS" \
  -c "primary_conninfo=host=$PAKE_PRIMARY user=replicator passfile=$PGPASSFILE"

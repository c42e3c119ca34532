#!/usr/bin/env bash
# Runs once, when the database is made: somebody as whom a replica may follow, and who may do nothing else.
set -euo pipefail
password=$(</run/secrets/replication_password)
psql -v ON_ERROR_STOP=1 -v password="$password" -U "$POSTGRES_USER" -d postgres -q <<'SQL'
CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD :'password';
SQL
grep -q '^host replication replicator ' "$PGDATA/pg_hba.conf" ||
  printf 'host replication replicator all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"

#!/usr/bin/env bash
# Lets a debugger into the server of compose.dev.yaml, until the debugger goes or the server is built anew:
#
#   docker compose -f deploy/compose.dev.yaml exec server deploy/dev/debug.sh
#   rust-gdb -ex 'target remote localhost:2345' -ex 'set substitute-path /src .'      beside it, where the sources are
set -euo pipefail
if ! command -v gdbserver >/dev/null; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends gdbserver >/dev/null
fi
exec gdbserver --attach :2345 "$(pidof -s pake)"

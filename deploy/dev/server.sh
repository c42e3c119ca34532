#!/usr/bin/env bash
# Builds and runs PAKE, and does so again whenever its code has changed.
set -uo pipefail
newest() { find crates Cargo.toml Cargo.lock .cargo -type f -newer "$1" -print -quit; }
mark=$(mktemp)
server=""
trap '[[ -z $server ]] || kill "$server"; exit 0' TERM INT
while true; do
  touch "$mark"
  if cargo build --locked --package pake; then
    [[ -z $server ]] || { kill "$server"; wait "$server"; }
    "$CARGO_TARGET_DIR/debug/pake" serve &
    server=$!
  fi
  while [[ -z $(newest "$mark") ]]; do sleep 1; done
done

#!/usr/bin/env bash
# Builds regauge from the action's own sources, unless a `regauge` is there already.
set -euo pipefail
if ! command -v regauge > /dev/null; then
  cargo install --locked --path "$GITHUB_ACTION_PATH"
  # Not every runner has cargo's folder of programs on its path.
  bin=${CARGO_HOME:-$HOME/.cargo}/bin
  echo "$bin" >> "${GITHUB_PATH:-/dev/null}"
  PATH=$bin:$PATH
fi
regauge --version

#!/usr/bin/env bash
# Builds regauge from the action's own sources, unless a `regauge` is there already.
set -euo pipefail
command -v regauge > /dev/null || cargo install --locked --path "$GITHUB_ACTION_PATH"
regauge --version

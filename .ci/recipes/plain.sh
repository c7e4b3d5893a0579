#!/usr/bin/env bash
# Any CI: `plain.sh BASE` in the project's folder runs the commit BASE and the one that is checked out into one store,
# and ends as the gate says. What both ask alike is asked once.
set -euo pipefail
base=$(git rev-parse "$1^{commit}")
head=$(git rev-parse HEAD)
git checkout --quiet "$base"
regauge run --tag "base-$base" || echo "the base ended with $?"
git checkout --quiet "$head"
regauge run --baseline "base-$base" --tag "head-$head" \
  --format junit --output junit.xml --format html --output report.html

#!/usr/bin/env bash
# Runs the base and the head of a pull request into one store, and writes the reports of the head.
# Reads REGAUGE_PROJECT, REGAUGE_BASE, REGAUGE_ARGS, REGAUGE_STORE.
set -euo pipefail
read -r -a args <<< "${REGAUGE_ARGS:-}" || true
project=${REGAUGE_PROJECT:-.}
base=${REGAUGE_BASE:-}
root=$(git rev-parse --show-toplevel)
head=$(git rev-parse HEAD)
temp=${RUNNER_TEMP:-$(mktemp -d)}
reports=$temp/regauge-reports
rm -rf "$reports"
mkdir -p "$reports"
store=$(cd "$root/$project" && mkdir -p "$REGAUGE_STORE" && cd "$REGAUGE_STORE" && pwd)

# The prompts that changed, when nothing else did that an answer depends on: a file that others extend or include,
# a suite, an article or a setting touches all of them.
changed_prompts() {
  local file name folder=$root/$project/prompts
  while IFS= read -r file; do
    case $file in
      "${prefix}prompts/judges/"*) return 1 ;;
      "${prefix}prompts/"*.j2) ;;
      "${prefix}suites/"* | "${prefix}golden/"* | "${prefix}regauge.toml") return 1 ;;
      *) continue ;;
    esac
    name=${file#"${prefix}prompts/"}
    [[ -e $folder/$name && ${name##*/} != _* ]] || return 1
    ! grep -rqF --include='*.j2' "$name" "$folder" || return 1
    printf '%s\n' "${name%.j2}"
  done < "$temp/regauge-changed"
}

baseline=()
select=()
if [[ -n $base ]]; then
  # A shallow checkout does not have it.
  git cat-file -e "$base^{commit}" 2> /dev/null || git fetch --quiet --depth 1 origin "$base"
  base=$(git rev-parse "$base^{commit}")
  prefix=$([[ $project == . ]] || echo "${project%/}/")
  git -C "$root" diff --name-only "$base" "$head" > "$temp/regauge-changed"
  if names=$(changed_prompts) && [[ -n $names ]]; then
    while IFS= read -r name; do select+=(--prompt "$name"); done <<< "$names"
  fi
  tree=$temp/regauge-base
  git worktree remove --force "$tree" 2> /dev/null || true
  git worktree add --quiet --detach --force "$tree" "$base"
  if [[ -e $tree/$project/regauge.toml ]]; then
    rm -rf "${tree:?}/$project/$REGAUGE_STORE"
    mkdir -p "$(dirname "$tree/$project/$REGAUGE_STORE")"
    ln -s "$store" "$tree/$project/$REGAUGE_STORE"
    # A prompt that is new has no base: then the base runs whole.
    old=()
    for name in ${select[@]+"${select[@]}"}; do
      [[ $name == --prompt || -e $tree/$project/prompts/$name.j2 ]] || { old=(); break; }
      old+=("$name")
    done
    status=0
    echo "::group::base $base"
    regauge -C "$tree/$project" run ${old[@]+"${old[@]}"} ${args[@]+"${args[@]}"} --tag "base-$base" || status=$?
    echo "::endgroup::"
    case $status in
      0 | 1 | 3 | 4 | 5) baseline=(--baseline "base-$base") ;;
      # Rules that need a baseline then say that there is none, and that is no pass.
      *) echo "::warning title=regauge::the base did not run (exit $status); the head runs alone" ;;
    esac
  else
    echo "::notice title=regauge::the base has no project yet; the head runs alone"
  fi
  git worktree remove --force "$tree"
fi

status=0
regauge -C "$root/$project" run ${select[@]+"${select[@]}"} ${args[@]+"${args[@]}"} ${baseline[@]+"${baseline[@]}"} --tag "head-$head" \
  --format junit --output "$reports/junit.xml" \
  --format markdown --output "$reports/comment.md" \
  --format html --output "$reports/report.html" \
  --format json --output "$reports/report.json" \
  --format github --output "$temp/regauge-annotations" || status=$?
if [[ -e $reports/comment.md ]]; then
  cat "$temp/regauge-annotations"
  cat "$reports/comment.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
else
  echo "::error title=regauge::the run made no report (exit $status)"
fi
{ echo "status=$status"; echo "reports=$reports"; } >> "${GITHUB_OUTPUT:-/dev/null}"

#!/usr/bin/env bash
# Writes the comment on a pull request, or updates the one that an earlier run wrote.
# Reads REGAUGE_REPORTS, REGAUGE_PULL, GITHUB_REPOSITORY, GH_TOKEN.
set -euo pipefail
body=$REGAUGE_REPORTS/comment.md
if [[ ! -e $body ]]; then
  echo "there is no report to comment with"
  exit 0
fi
# Only a bot's own comment is updated: anybody can write the mark.
mine='.[] | select(.user.type == "Bot" and (.body | startswith("<!-- regauge report -->"))) | .id'
failed() {
  # A pull request from a fork has a token that may not write; the summary has the same text.
  echo "::warning title=regauge::the comment could not be written; the job summary has it"
  exit 0
}
ids=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$REGAUGE_PULL/comments" --jq "$mine") || failed
id=${ids%%$'\n'*}
if [[ -n $id ]]; then
  gh api --silent -X PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$body" || failed
else
  gh api --silent -X POST "repos/$GITHUB_REPOSITORY/issues/$REGAUGE_PULL/comments" -F "body=@$body" || failed
fi

# Sourced by the bash scripts in scripts/: the places in the tree and how to say things.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build
# shellcheck disable=SC2034  # used by the scripts that source this file
python=$build/venv/bin/python

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# usage: prints the comment block at the head of the calling script.
usage() { awk 'NR > 1 && (!/^#/ || /^# shellcheck /) { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"; }

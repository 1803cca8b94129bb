# Sourced by the suites in scripts/suites: what several of them do.
# shellcheck shell=bash
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# where the suite writes, the part of it that is counted, and whether the suite runs at full size
# shellcheck disable=SC2034
{
  folder=${TAKINGS_TEST_DIR:?is set by scripts/test}
  results=$folder/results
  full=${TAKINGS_FULL:?is set by scripts/test}
}

# run_pytest FOLDER [OPTION...]: the tests of a folder, with what they write below the suite's own
run_pytest() {
  local name
  name=$(basename "$1" .py)
  "$python" -m pytest --quiet --basetemp="$folder/$name" --junit-xml="$results/$name.xml" "$@"
}

# options of run_pytest: each_apart for tests that need only a processor each; by_file for those on stacks, which wait
# for a fourth of their time: three processes for two processors, with a stack of its own each, and all tests of a file
# in one; long files first
# shellcheck disable=SC2034
{
  each_apart=(--numprocesses "$(nproc)")
  by_file=(--numprocesses "$((3 * $(nproc) / 2))" --dist loadfile --no-loadscope-reorder)
}

# start_stores: the servers that the stores' unit tests talk to; the configuration is in $stores. They are patient,
# because the tests' programs, and those of sanitizers even more, share the cores with the servers.
start_stores() {
  "$root/scripts/stack" start --dir "$folder/stores" --no-takings \
    --set redis.command_timeout_ms=1000 --set mongo.pool_wait_ms=10000 >/dev/null
  # shellcheck disable=SC2034
  stores=$folder/stores/takings.conf
}

# run_make_check OBJECTS [VARIABLE=VALUE...]: `make check` there, counted test by test; programs that talk to stores mostly
# wait, as the stacks' tests do
run_make_check() {
  local objects=$1 status=0
  shift
  find "$objects/tests" -name '*.trs' -delete # of tests that are no more
  make -C "$objects" --no-print-directory --silent -j"$((2 * $(nproc)))" check "$@" || status=$?
  [ "$status" = 0 ] || cat "$objects/test-suite.log"
  (cd "$objects" && find tests -name '*.trs' -exec cp --parents -t "$results" {} +)
  return "$status"
}

# counted FILE NAME COMMAND...: a command that is one test, by its status
counted() {
  local status=0 failure=
  "${@:3}" || status=$?
  [ "$status" = 0 ] || failure="<failure message=\"status $status\"/>"
  printf '<testsuites><testsuite><testcase classname="%s" name="%s">%s</testcase></testsuite></testsuites>\n' \
    "$(basename "$0" | cut -d- -f2)" "$2" "$failure" >"$1"
  return "$status"
}

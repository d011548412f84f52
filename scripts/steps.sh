# shellcheck shell=bash
# What the scripts share; sourced. A step prints one line with its time and keeps its output in build/logs; the end of
# that log is shown only if the step fails. Expects the current folder to be the project's root.

# usage [exit code]: prints the comment that opens the script, which is its help, and ends it.
usage() {
  sed -n '2,/^set/{/^#/p}' "scripts/${0##*/}" | cut -c 3-
  exit "${1:-2}"
}

# The version of Retort.
version() { sed -n 's/.*kVersion\[\] = "\(.*\)".*/\1/p' core/base/version.h; }

# step <name> <what it does> <command...>
step() {
  local log="build/logs/$1.log" what=$2 start=$SECONDS pid status=0
  shift 2
  mkdir -p build/logs
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # A background job does not see Ctrl-C, so it is passed on.
  trap 'kill "$pid" 2>/dev/null; wait "$pid"; printf "\n"; exit 130' INT TERM
  if [ -t 1 ]; then
    while kill -0 "$pid" 2>/dev/null; do
      printf '\r\033[K==> %s: %d s %s' "$what" $((SECONDS - start)) "$(tail -n 1 "$log" | grep -oE '^\[ *[0-9]+(/[0-9]+|%)\]')"
      sleep 0.5
    done
    printf '\r\033[K'
  fi
  wait "$pid" || status=$?
  trap - INT TERM
  if [ "$status" -eq 0 ]; then
    printf '==> %s: %d s\n' "$what" $((SECONDS - start))
  else
    printf '==> %s: FAILED after %d s. The end of %s:\n' "$what" $((SECONDS - start)) "$log"
    { grep -E -m 5 'error:|CMake Error|^E: |^ERROR' "$log" || true; tail -n 15 "$log"; } | awk '!seen[$0]++'
  fi
  return "$status"
}

# Compiler processes that fit: one a core, and 2 GB each.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {n = int($2 / 2097152); print (n < 1 ? 1 : n)}' /proc/meminfo)
  echo $((cores < memory ? cores : memory))
}

# build <target>: configures build/ (as it was configured before, or with the preset `release`) and builds.
build() {
  if [ -f build/CMakeCache.txt ]; then
    step configure "configure build/ again" cmake build || return
  else
    step configure "configure build/ (Release)" cmake --preset release || return
  fi
  step build "build $1 with $(jobs) jobs" cmake --build build --target "$1" --parallel "$(jobs)"
}

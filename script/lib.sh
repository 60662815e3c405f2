# Shared by the scripts beside it: source it first. Moves to the root of the repository.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '== %s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# A sanitizer build takes about 1.5 GiB for each compiler that runs at once.
jobs_for_this_machine() {
  local cores memory_gib
  cores=$(nproc)
  memory_gib=$(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)
  local by_memory=$(((memory_gib * 2 + 2) / 3))
  ((by_memory < 1)) && by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}
jobs=${SALLYPORT_JOBS:-$(jobs_for_this_machine)}

configure() { # preset [cmake options]
  local preset=$1
  shift
  if [ ! -f "build/$preset/build.ninja" ] || [ $# -gt 0 ]; then
    say "configuring $preset"
    cmake --preset "$preset" "$@" >"build-$preset.log" 2>&1 || {
      cat "build-$preset.log" >&2
      rm -f "build-$preset.log"
      die "cmake --preset $preset failed: its output is above"
    }
    mkdir -p "build/$preset"
    mv "build-$preset.log" "build/$preset/configure.log"
  fi
}

build() { # preset [targets]
  local preset=$1
  shift
  configure "$preset"
  say "building $preset with $jobs jobs"
  if [ $# -gt 0 ]; then
    cmake --build --preset "$preset" -j "$jobs" --target "$@"
  else
    cmake --build --preset "$preset" -j "$jobs"
  fi
}

# Runs a command as a named stage and remembers how long it took; print_stages shows the table.
stage_lines=()
stage() { # name command...
  local name=$1 begun=$SECONDS status=0
  shift
  say "stage $name"
  "$@" || status=$?
  stage_lines+=("$(printf '%-24s %5d s  %s' "$name" $((SECONDS - begun)) "$([ $status = 0 ] && echo passed || echo "failed ($status)")")")
  return $status
}
print_stages() {
  [ ${#stage_lines[@]} = 0 ] || printf '   %s\n' "${stage_lines[@]}"
}

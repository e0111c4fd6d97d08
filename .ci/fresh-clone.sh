#!/usr/bin/env bash
# Tries the first command that the README names in copies of the repository that nobody has installed anything in: below a folder
# that only its owner may enter, as root and as a user who was just made. Run by .ci/run.
#
# usage: fresh-clone.sh REPORT    adds one line for each try to the file REPORT: passed, failed or skipped, and what
set -u
report=$1
cd "$(dirname "$0")/.." || exit 1

# A start takes less than a minute apart from downloads; a slow network may take some more.
limit=240
user=kontor-ci-$$

say() {
  printf '%s %s\n' "$1" "$2" >>"$report"
  printf '%s: %s\n' "$1" "$2"
}

# Everything that is written, nothing that was made or installed.
copy_to() {
  mkdir -p "$1" && tar -c --exclude=node_modules --exclude=.kontor --exclude=.git . | tar -x -C "$1"
}

# The database of root below such a folder is kept elsewhere, and the folder has a link to it.
remove() {
  local cluster
  cluster=$(readlink "$1/kontor/.kontor/postgres/cluster" 2>/dev/null)
  case $cluster in /var/lib/kontor/*) rm -rf "$cluster" ;; esac
  rm -rf "$1"
}

# Prints what the command said only if it failed: judge <what> <folder> <command…>
judge() {
  local what=$1 folder=$2 output code orders
  output=$(mktemp)
  timeout "$limit" "${@:3}" >"$output" 2>&1
  code=$?
  orders=$(grep -c '"order":' "$folder/kontor/.kontor/out/summary.json" 2>/dev/null)
  if [ "$code" -eq 0 ] && [ "${orders:-0}" -gt 0 ]; then
    say passed "$what"
  else
    tail -n 60 "$output"
    printf 'It ended with code %s, and its summary names %s orders.\n' "$code" "${orders:-0}"
    say failed "$what"
  fi
  rm -f "$output"
}

if [ "$(id -u)" -ne 0 ]; then
  # This user has been tried by the tests; the folder has not.
  private=$(mktemp -d)
  chmod 700 "$private"
  if copy_to "$private/kontor"; then
    judge 'start --once below a folder of mode 0700' "$private" npx -y pnpm@12 --dir "$private/kontor" start --once
  else
    say failed 'start --once below a folder of mode 0700'
  fi
  remove "$private"
  say skipped 'as root and as a new user: this is not root'
  exit 0
fi

private=$(mktemp -d)
chmod 700 "$private"
if copy_to "$private/kontor"; then
  judge 'start --once as root below a folder of mode 0700' "$private" npx -y pnpm@12 --dir "$private/kontor" start --once
else
  say failed 'start --once as root below a folder of mode 0700'
fi
remove "$private"

if ! command -v useradd >/dev/null || ! command -v su >/dev/null; then
  say skipped 'as a new user: this machine has no useradd or no su'
  exit 0
fi
if ! useradd --create-home --shell /bin/bash "$user"; then
  say skipped 'as a new user: none can be made here'
  exit 0
fi
if ! su - "$user" -c "PATH='$PATH' npx --version" >/dev/null 2>&1; then
  say skipped 'as a new user: Node.js is installed where no other user gets to'
  userdel --remove "$user"
  exit 0
fi
home=$(getent passwd "$user" | cut -d: -f6)
chmod 700 "$home"
if copy_to "$home/kontor" && chown -R "$user" "$home"; then
  # A new environment, but for where npm gets its packages from.
  judge 'start --once as a new user in a home of mode 0700' "$home" su - "$user" -c \
    "export CI=true PATH='$PATH' npm_config_registry='$(npm config get registry 2>/dev/null)'; cd kontor && npx -y pnpm@12 start --once"
else
  say failed 'start --once as a new user in a home of mode 0700'
fi
rm -rf "$home"
userdel "$user"

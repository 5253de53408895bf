# shellcheck shell=bash
# Messages go to stderr: stdout belongs to what a command answers.

log() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }
die() {
  log "ERROR: $*"
  exit 1
}

# asks five times a second
wait_for() { # SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || die "waited in vain for $what"
    sleep 0.2
  done
}

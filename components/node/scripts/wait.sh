# shellcheck shell=bash
# Polling with a deadline, for scripts that would otherwise sleep and hope. Sourced, never run.

# wait_for SECONDS COMMAND...: runs COMMAND until it succeeds; 1 when SECONDS have passed.
# The pause grows from 20 ms to 500 ms, so that short waits end at once and long ones cost nothing.
wait_for() {
  local limit=$1 pause=20 deadline
  shift
  deadline=$((${EPOCHREALTIME/./} + limit * 1000000))
  until "$@"; do
    ((${EPOCHREALTIME/./} < deadline)) || return 1
    sleep "$(printf '0.%03d' "$pause")"
    pause=$((pause * 3 / 2 < 500 ? pause * 3 / 2 : 500))
  done
}

#!/usr/bin/env bash
# Starts and deletes one machine that is a systemd-nspawn container of this host.
# Usage: nspawn.sh up|start|down|status, with the machine's description on standard input (see nspawn-spec.sh).
# `start` is `up` without keys, for a machine that has them: what brings it back after this host has been restarted.
# Every verb may be killed at any point and repeated; `up` on a running, identical machine changes nothing.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=wait.sh
source "${BASH_SOURCE%/*}/wait.sh"
# shellcheck source=nspawn-spec.sh
source "${BASH_SOURCE%/*}/nspawn-spec.sh"
# shellcheck source=nspawn-base.sh
source "${BASH_SOURCE%/*}/nspawn-base.sh"
# shellcheck source=nspawn-root.sh
source "${BASH_SOURCE%/*}/nspawn-root.sh"
# shellcheck source=nspawn-network.sh
source "${BASH_SOURCE%/*}/nspawn-network.sh"
# shellcheck source=nspawn-process.sh
source "${BASH_SOURCE%/*}/nspawn-process.sh"

require_host() {
  local tool missing=()
  ((EUID == 0)) || fail "this needs root; run it with sudo"
  for tool in mmdebstrap systemd-nspawn ip ethtool flock nsenter setpriv setsid; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || fail "this host lacks ${missing[*]}; run: apt-get install mmdebstrap systemd-container iproute2 ethtool util-linux"
}

stored_digest() {
  cat "$machine_dir/$1.sha256" 2>/dev/null || true # nothing was recorded yet
}

store_digest() {
  printf '%s\n' "$2" >"$machine_dir/.$1.new" && mv "$machine_dir/.$1.new" "$machine_dir/$1.sha256"
}

# "pid" is the container's pid 1 in this host's numbers; the supervisor writes it anew after each reboot.
write_registry() {
  mkdir -p "$registry_dir"
  printf '{\n  "name": "%s",\n  "stack": "%s",\n  "address": "%s",\n  "pid": %s,\n  "supervisor": %s,\n  "root": "%s",\n  "netns": "%s",\n  "bridge": "%s",\n  "cgroup": "%s",\n  "log": "%s"\n}\n' \
    "$machine_name" "$spec_stack" "$spec_address" "$(leader_pid)" "$(supervisor_pid)" "$machine_root" "$netns_path" "$spec_bridge" "$cgroup_dir" "$machine_log" \
    >"$registry_file.new"
  if cmp -s "$registry_file.new" "$registry_file"; then rm "$registry_file.new"; else mv "$registry_file.new" "$registry_file"; fi
}

up() {
  check_start_spec
  check_keys
  require_host
  lock_machine
  ensure_base
  if [[ -d $machine_dir && $(stored_digest identity) != "$identity_digest" ]]; then
    # Another description, or a start that was killed before its first boot: nothing of it is worth keeping.
    remove_machine
  fi
  (umask 077 && mkdir -p "$machine_dir")
  [[ -s $machine_dir/instance ]] || cp /proc/sys/kernel/random/uuid "$machine_dir/instance"
  if [[ $(stored_digest keys) != "$keys_digest" ]]; then
    mount_root
    provision_root
    write_description
    store_digest identity "$identity_digest"
    store_digest keys "$keys_digest"
    if machine_runs; then in_machine systemctl reload-or-restart ssh; fi
  fi
  bring_up
}

start() {
  check_start_spec
  require_host
  lock_machine
  ensure_base
  [[ $(stored_digest identity) == "$identity_digest" && -n $(stored_digest keys) ]] ||
    fail "there is no such machine in $machine_dir to start again; make it with platform up"
  bring_up
}

bring_up() {
  if ! machine_runs || ! network_intact || ! root_mounted; then
    stop_machine
    mount_root
    network_up
    start_machine
  fi
  wait_until_ready
  write_registry
  printf '{"name":"%s","address":"%s","instance":"%s"}\n' "$machine_name" "$spec_address" "$(<"$machine_dir/instance")"
}

remove_machine() {
  stop_machine
  network_down
  wait_for 10 unmount_root || fail "$machine_root cannot be unmounted; end what uses it (fuser -vm $machine_root) and repeat"
  rm -rf --one-file-system "$machine_dir"
  rmdir -p --ignore-fail-on-non-empty "${machine_dir%/*}" 2>/dev/null || true # another machine is in it
  rm -f "$registry_file" "$registry_file".*
}

down() {
  require_host
  lock_machine
  remove_machine
  rm -f "$machine_lock"
  rmdir --ignore-fail-on-non-empty "$registry_dir" 2>/dev/null || true # another machine is in it
}

status() {
  local state=stopped leader=''
  [[ -d $machine_dir ]] || state=absent
  if machine_runs; then
    state=running
    # None between two boots.
    leader=$(leader_pid) || leader=''
  fi
  printf '{"name":"%s","state":"%s","leader":"%s"}\n' "$machine_name" "$state" "$leader"
}

read_spec
case ${1:-} in
up | start | down | status) "$1" ;;
*) fail "unknown verb \"${1:-}\"; use up, start, down or status" ;;
esac

# shellcheck shell=bash
# A machine's processes: one cgroup holds them all, so what runs is what the cgroup holds. Sourced by nspawn.sh.

machine_runs() {
  [[ -e $cgroup_dir/cgroup.events ]] && grep -q '^populated 1$' "$cgroup_dir/cgroup.events"
}

# The container's pid 1 in this host's numbers; empty while it is between two boots.
leader_pid() {
  local scope=$cgroup_dir/payload/init.scope/cgroup.procs
  [[ -e $scope ]] && head -n 1 "$scope"
}

supervisor_pid() {
  [[ -e $cgroup_dir/supervise/cgroup.procs ]] && head -n 1 "$cgroup_dir/supervise/cgroup.procs"
}

# Runs in a session of its own until the machine is powered off. systemd-nspawn ends with 133 when the machine
# reboots (it runs with --keep-unit, because pid 1 of this host may not be systemd): the same node starts again.
supervise_machine() {
  local cgroup=$1 registry=$2 status leader child
  shift 2
  echo $BASHPID >"$cgroup/supervise/cgroup.procs"
  exec 8>&-
  while :; do
    (
      echo $BASHPID >"$cgroup/cgroup.procs"
      exec "$@"
    ) &
    child=$!
    leader=
    while [[ -z $leader && -d /proc/$child ]]; do
      leader=$(head -n 1 "$cgroup/payload/init.scope/cgroup.procs" 2>/dev/null)
      [[ -n $leader ]] || sleep 0.05
    done
    # The first start is recorded by who asked for it, every later one here.
    if [[ -n $leader && -f $registry ]]; then
      sed "s/\"pid\": [0-9]*/\"pid\": $leader/" "$registry" >"$registry.boot" && mv -f "$registry.boot" "$registry"
    fi
    status=0
    wait "$child" || status=$?
    printf '%s systemd-nspawn ended with %s\n' "$(date -u +%FT%TZ)" "$status"
    ((status == 133)) || exit "$status"
  done
}

start_machine() {
  local command=(
    env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
    systemd-nspawn --quiet --boot --settings=no --register=no --keep-unit
    --directory="$machine_root" --machine="$container_name" --hostname="$machine_name"
    --capability=all --system-call-filter=bpf --system-call-filter=perf_event_open
    --network-namespace-path="$netns_path" --resolv-conf=off --timezone=off --link-journal=no
    --suppress-sync=yes --console=pipe
  )
  remove_residue
  mkdir -p "$cgroup_dir/supervise"
  # The child keeps the machine's lock (descriptor 8) until it is in the cgroup: nobody can start a second one between.
  # shellcheck disable=SC2016 # the child expands its own arguments
  setsid --fork bash -c "$(declare -f supervise_machine)"'; supervise_machine "$@"' "ebpf-nspawn-$spec_stack-$machine_name" \
    "$cgroup_dir" "$registry_file" "${command[@]}" </dev/null >>"$machine_log" 2>&1
  wait_for 10 machine_runs || fail "systemd-nspawn did not start: $(tail -n 1 "$machine_log"); see $machine_log"
}

ssh_answers() {
  timeout 2 bash -c "exec 3<>/dev/tcp/$spec_address/22 && IFS= read -r -t 2 line <&3 && [[ \$line == SSH-2.0-* ]]" 2>/dev/null
}

in_machine() {
  local leader
  leader=$(leader_pid) && [[ -n $leader ]] && timeout 20 nsenter --target "$leader" --all -- "$@"
}

# "starting" ends by itself; "degraded" is an end too, and names its units on the way.
system_started() {
  system_state=$(in_machine systemctl is-system-running 2>/dev/null) || true # it fails for every state but running
  [[ $system_state == running || $system_state == degraded ]] || ! machine_runs
}

wait_until_ready() {
  if ! wait_for 60 system_started || ! machine_runs; then
    fail "systemd in it is \"${system_state:-silent}\" after 60 s: $(tail -n 1 "$machine_log"); see $machine_log, then repeat"
  fi
  if [[ $system_state == degraded ]]; then
    note "runs, but these units failed: $(in_machine systemctl --failed --plain --no-legend | awk '{ printf "%s ", $1 }')"
  fi
  wait_for 30 ssh_answers || fail "its sshd at $spec_address does not answer after 30 s; see $machine_log and the node's journal"
}

stop_machine() {
  if [[ -d $cgroup_dir ]]; then
    echo 1 >"$cgroup_dir/cgroup.kill"
    wait_for 20 machine_gone || fail "its processes outlive a kill: $(cat "$cgroup_dir"/cgroup.procs "$cgroup_dir"/*/cgroup.procs 2>/dev/null | tr '\n' ' ')"
  fi
  remove_residue
}

machine_gone() {
  ! machine_runs
}

# What a killed systemd-nspawn cannot take away itself.
remove_residue() {
  local hierarchy lock
  for hierarchy in "${cgroup_dir%/"$cgroup_name"}" /sys/fs/cgroup/systemd; do
    [[ ! -d $hierarchy/$cgroup_name ]] || find "$hierarchy/$cgroup_name" -depth -type d -exec rmdir {} +
    rmdir "$hierarchy/${cgroup_name%/*}" 2>/dev/null || true # another machine is in it
  done
  rm -rf --one-file-system "/run/systemd/nspawn/propagate/$container_name"
  if [[ -d $machine_root ]]; then
    lock=$(stat -c 'inode-%d:%i' "$machine_root")
    rm -f "/run/systemd/nspawn/locks/$lock"
  fi
}

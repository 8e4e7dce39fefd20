#!/usr/bin/env bash
# Runs one step on this node, at most once at a time and not again when it is done. Usage: runner run|undo, with
# the step on standard input as lines "KEY VALUE": id, timeout (seconds), always (0|1), and in base64 script, undo,
# args, secrets (shell assignments). Answers one JSON line, or one sentence and the log's tail on standard error.
#
# The step itself runs in a transient unit, detached from the connection. Its state, all 0600:
#   steps/<id>/lock    held by the running step      steps/<id>/running   the latest run's name: <hash>.<time>.<pid>
#   steps/<id>/result  of the latest run             steps/<id>/previous  of the one before
#   steps/<id>/log     first 8 MiB of its output     steps/<id>/log.end   last 1 MiB
set -euo pipefail
shopt -s inherit_errexit
umask 077

steps_dir=/var/lib/ebpf-platform/steps
secrets_dir=/run/ebpf-platform/steps # a tmpfs: secrets never reach a disk
output_limit=30720                   # bytes; the answer stays below 32 KiB
node=$(hostname)

fail() {
  printf 'step %s on node %s: %s\n' "${id:-?}" "$node" "$1" >&2
  exit "${2:-1}"
}

read_step() {
  local key value
  id='' limit='' always=0 script='' undo='' args='' secrets=''
  while read -r key value; do
    case $key in
    id) id=$value ;;
    timeout) limit=$value ;;
    always) always=$value ;;
    machine) ;; # only tells the engine that this is another machine
    script) script=$value ;;
    undo) undo=$value ;;
    args) args=$value ;;
    secrets) secrets=$value ;;
    end) break ;;
    *) fail "the key \"$key\" of the step is unknown; send runner and step from one version" ;;
    esac
  done
  [[ ${key:-} == end ]] || fail "the step arrived cut off; repeat"
  [[ $id =~ ^[a-z0-9][a-z0-9._-]{0,99}$ && $limit =~ ^[1-9][0-9]{0,4}$ ]] || fail "the step has no usable id or timeout"
  if [[ $verb == undo ]]; then
    [[ -n $undo ]] || fail "the step has no undo"
    script=$undo
  fi
  [[ -n $script ]] || fail "the step has no script"
  hash=$(printf '%s\n' "$verb" "$script" "$args" "$secrets" | sha256sum)
  hash=${hash%% *}
  run=$hash.${EPOCHREALTIME/./}.$$
  dir=$steps_dir/$id
  # Others may be in the way first, then the step has its time, then its unit is ended.
  deadline=$((SECONDS + 2 * limit + 60))
}

# Full or read-only disks are found before the step, not half-way through it.
check_node() {
  [[ -d /run/systemd/system ]] || fail "this node does not run systemd, which steps need"
  if ! { mkdir -p "$dir" "$secrets_dir" && touch "$dir/lock" && head -c 65536 /dev/zero >"$dir/probe"; } 2>/dev/null; then
    rm -f "$dir/probe"
    fail "$dir cannot be written ($(free_space)); make room there and repeat"
  fi
  rm -f "$dir/probe"
}

free_space() {
  df -Ph "${steps_dir%/*}" 2>/dev/null | awk 'NR == 2 { print $4 " free of " $2 " on " $6 }'
}

left() {
  printf '%s' $((deadline > SECONDS ? deadline - SECONDS : 1))
}

# Names and places of one run: a unit of its own, so that two runs never meet in systemd.
derive_run() {
  unit=ebpf-step-$id-${1#*.}.service
  work=$secrets_dir/$id.${1#*.}
}

running_run() {
  cat "$dir/running" 2>/dev/null || true # nothing runs
}

# The lock says it while the step works; before that, and until what the step left behind has ended, the unit does.
step_runs() {
  local current state
  flock -n "$dir/lock" true || return 0
  current=$(running_run)
  [[ -n $current ]] || return 1
  state=$(systemctl show --property=ActiveState --value "ebpf-step-$id-${current#*.}.service")
  [[ $state != inactive && $state != failed ]]
}

wait_for_step() {
  while step_runs; do
    ((SECONDS < deadline)) || fail "it still runs after its time and $limit s more; look at: journalctl -u 'ebpf-step-$id-*'" 124
    # Without our streams: should this caller be killed, its child must not keep the connection open.
    flock -s -w "$(left)" "$dir/lock" true </dev/null >/dev/null 2>&1 || continue
    sleep 0.02
  done
}

# The file that holds the result of a run; the one before is kept for whoever waited for it.
result_of() {
  result_file=
  local file
  for file in "$dir/result" "$dir/previous"; do
    [[ $(head -n 1 "$file" 2>/dev/null) != "$1" ]] || result_file=$file
  done
  [[ -n $result_file ]]
}

done_already() {
  result_file=$dir/result
  [[ $always == 0 && $verb == run && $(head -n 1 "$result_file" 2>/dev/null) == "$hash".* && $(sed -n 2p "$result_file") == 0 ]]
}

# Result file: line 1 the run, line 2 its status, line 3 its seconds, line 4 its output or the reason of a failure.
answer() {
  local state=$1 lines
  mapfile -t lines <"$result_file"
  if [[ ${lines[1]} == 0 ]]; then
    printf '{"step":"%s","state":"%s","rc":0,"hash":"%s","seconds":%s,"output":%s}\n' \
      "$id" "$state" "$hash" "${lines[2]}" "${lines[3]:-null}"
    [[ $verb != undo ]] || rm -rf --one-file-system "$dir"
    exit 0
  fi
  printf 'step %s on node %s: %s; its log is %s there and ends with:\n%s\n' \
    "$id" "$node" "${lines[3]}" "$dir/log" "$(log_tail)" >&2
  exit "${lines[1]}"
}

# The last 40 lines, at most 4 KiB, printable, secret values blotted out.
log_tail() {
  local text value
  text=$(cat "$dir/log" "$dir/log.end" 2>/dev/null | tail -c 4096 | tail -n 40 | tr -d '\000' | tr '\r' '\n')
  while IFS= read -r value; do
    ((${#value} < 4)) || text=${text//"$value"/<secret>}
  done < <(secret_values)
  printf '%s' "$text"
}

decoded() {
  printf '%s' "$1" | base64 -d
}

secret_values() {
  (
    eval "$(decoded "$secrets")"
    while IFS= read -r name; do
      printf '%s\n' "${!name-}"
    done < <(decoded "$secrets" | sed -nE 's/^([A-Za-z_][A-Za-z0-9_]*)=.*/\1/p')
  )
}

start_step() {
  derive_run "$run"
  rm -rf --one-file-system "$secrets_dir/$id".*
  trap 'rm -rf --one-file-system "$work"' HUP INT TERM
  if ! { mkdir "$work" && decoded "$script" >"$work/script" && { decoded "$args" && decoded "$secrets"; } >"$work/env"; } 2>/dev/null; then
    fail "$work cannot be written; make room in the memory file system at /run and repeat"
  fi
  printf '%s\n' "$run" >"$dir/running"
  systemd-run --quiet --collect --unit="$unit" --description="ebpf-platform step $id" \
    --property=Type=exec --property=KillMode=control-group --property=TimeoutStopSec=10 \
    --property=RuntimeMaxSec=$((limit + 30)) --property=ExecStopPost="/bin/rm -rf $work" --setenv=HOME=/root \
    /bin/bash "${BASH_SOURCE[0]}" work "$id" "$limit" "$run" ||
    fail "systemd could not start $unit; look at: journalctl -u $unit"
}

# One caller at a time decides between meeting, skipping and starting; file descriptor 9 is that decision.
run_step() {
  local current
  check_node
  while :; do
    exec 9>"$dir/decision"
    flock -w "$(left)" 9 || fail "other callers have held it for $limit s; repeat" 124
    if step_runs; then
      current=$(running_run)
      exec 9>&-
      wait_for_step
      # The very same step was met: its end is our end, good or bad.
      if [[ ${current%%.*} == "$hash" ]]; then answer_for "$current"; fi
      ((SECONDS < deadline)) || fail "another run of it has taken all the time; repeat" 124
      continue
    fi
    if done_already; then answer skipped; fi
    start_step
    exec 9>&-
    wait_for_step
    answer_for "$run"
  done
}

answer_for() {
  local reason="it ended without a result, as after a kill or a reboot; repeat"
  if result_of "$1"; then answer "done"; fi
  [[ ! -s $secrets_dir/.$id.error ]] || reason=$(<"$secrets_dir/.$id.error")
  fail "$reason"
}

# Inside the unit. The lock is held to the end; what the script leaves behind ends with the unit.
work_step() {
  local started=$EPOCHREALTIME status=0 logger reason=null
  exec 8>"$dir/lock"
  flock -w 30 8
  # From here the earlier result no longer counts: a run that is cut off must not look like the earlier success.
  if [[ -f $dir/result ]]; then mv -fT "$dir/result" "$dir/previous"; fi
  rm -f "$dir/log" "$dir/log.end" "$dir/output" "$secrets_dir/.$id.error"
  exec 7> >(exec 8>&- && keep_log)
  logger=$!
  # shellcheck disable=SC2016 # expanded by the step's own shell
  timeout -k 10 "$limit" /bin/bash -euo pipefail -O inherit_errexit \
    -c 'umask 022; source "$1"; rm -f "$1"; source "$2"' "ebpf-step $id" "$work/env" "$work/script" \
    </dev/null >&7 2>&7 3>"$dir/output" 7>&- 8>&- || status=$?
  exec 7>&-
  # A child that the script left behind keeps the log open: its words are not waited for.
  timeout 1 tail -s 0.05 --pid="$logger" -f /dev/null || true # the logger outlived the second it gets
  rm -rf --one-file-system "$work"
  case $status in
  0) check_output ;;
  124 | 137) reason="it was ended after its time limit of $limit s" ;;
  *) reason="its script ended with status $status" ;;
  esac
  write_result "$started"
}

# On a full disk the step goes on without a log: a broken pipe would kill it half-way.
keep_log() {
  if ! { head -c 8388608 >"$dir/log" && tail -c 1048576 >"$dir/log.end"; } 2>/dev/null; then cat >/dev/null; fi
}

# One JSON object on file descriptor 3, or nothing.
check_output() {
  local size
  size=$(stat -c %s "$dir/output")
  if ((size == 0)); then return; fi
  if ((size > output_limit)); then
    status=1 reason="its output is $size bytes, the limit is $output_limit"
    return
  fi
  reason=$(tr -d '\n\r\000' <"$dir/output")
  if [[ $reason != \{*\} ]]; then status=1 reason="its output is no JSON object"; fi
}

write_result() {
  local seconds=$(((${EPOCHREALTIME/./} - ${1/./}) / 1000000))
  rm -f "$dir/output"
  if ! { printf '%s\n%s\n%s\n%s\n' "$run" "$status" "$seconds" "$reason" >"$dir/result.new" && mv -fT "$dir/result.new" "$dir/result"; } 2>/dev/null; then
    rm -f "$dir/result.new"
    printf 'it ended with status %s, but %s could not be written (%s); make room there and repeat\n' \
      "$status" "$dir/result" "$(free_space)" >"$secrets_dir/.$id.error"
  fi
}

verb=${1:-}
case $verb in
run | undo)
  read_step
  run_step
  ;;
work)
  id=$2 limit=$3 run=$4
  dir=$steps_dir/$id
  derive_run "$run"
  work_step
  ;;
*) fail "unknown verb \"$verb\"; use run or undo" ;;
esac

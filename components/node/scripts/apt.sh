# shellcheck shell=bash
# Installing packages beside other users of apt. Sourced after wait.sh, never run.

apt_locks=(/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock)

# Who holds a lock of apt, as "PID (COMMAND) holds FILE"; 1 when nobody does. They are record locks, which
# /proc/locks names by device and inode: "1: POSIX  ADVISORY  WRITE 123 fe:01:4711 0 EOF".
apt_holder() {
  local file inode pid
  for file in "${apt_locks[@]}"; do
    inode=$(stat -c %i "$file" 2>/dev/null) || continue
    pid=$(awk -v inode=":$inode$" '$2 == "POSIX" && $4 == "WRITE" && $6 ~ inode { print $5; exit }' /proc/locks)
    [[ -n $pid ]] || continue
    printf '%s (%s) holds %s\n' "$pid" "$(cat "/proc/$pid/comm" 2>/dev/null || echo "of another container")" "$file"
    return
  done
  return 1
}

no_apt_holder() {
  ! apt_holder >/dev/null
}

# apt_get SECONDS WORDS...: apt-get once nobody else uses apt; ends with the holder's name after SECONDS.
apt_get() {
  local limit=$1
  shift
  if ! wait_for "$limit" no_apt_holder; then
    echo "another program has used apt for $limit s: process $(apt_holder); wait for its end or stop it, then repeat" >&2
    return 75
  fi
  # Who comes between is waited for by apt itself.
  DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes -o DPkg::Lock::Timeout="$limit" "$@"
}

#!/usr/bin/env bash
# Makes this node a k3s server or agent with exactly these files and this binary, and restarts it only when one of them
# differs from what runs. When the new ones do not come up, the last good ones are put back. Safe to repeat and to kill.
# Arguments: ROLE     server or agent
#            ARCH     amd64 or arm64
#            SHA256   of the binary
#            URL      where the binary is fetched from when it is not in STAGED
#            STAGED   a file on this node that may hold it already
#            SERVER   https://host:port of a server to join; empty for the first server
#            LIMIT    seconds until it must be ready
# Secrets:   FILES    one file a line: mode, path, content in base64. "once:" before the mode: only before the first start
# Answer: {"version": ..., "changed": ..., "restarts": ..., "caHash": ...}
set -euo pipefail

source "${BASH_SOURCE%/*}/k3s-service.sh"

# shellcheck disable=SC2153 # an argument of the step
derive_service "$ROLE"
started=$SECONDS

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

check_machine() {
  local machine
  machine=$(uname -m)
  case $ARCH/$machine in
  amd64/x86_64 | arm64/aarch64) ;;
  *) fail "this machine is $machine and the k3s binary is for $ARCH; set cluster.arch to this machine's architecture" ;;
  esac
  # The binary in three places (fetched, installed, last good), and what it unpacks.
  local free need=$((${SPACE_MIB:-1024} * 1024)) path
  for path in /usr/local/bin "$state"; do
    free=$(df -Pk "$path" | awk 'NR == 2 { print $4 }')
    ((free >= need)) || fail "$path has $((free / 1024)) MiB free and k3s needs $((need / 1024)); make room there and repeat"
  done
  local other=k3s-agent
  [[ $ROLE == server ]] || other=k3s
  [[ ! -e /etc/systemd/system/$other.service ]] ||
    fail "this node runs $other.service and cannot be a $ROLE as well; take it off first (platform down, or its k3s-uninstall)"
  if ss -Hltn "sport = :6443" 2>/dev/null | grep -q . && [[ $ROLE == server ]] && ! systemctl --quiet is-active "$service"; then
    fail "port 6443 is taken by another program; end it and repeat (ss -ltnp 'sport = :6443')"
  fi
}

# Certificates are not valid yet, or no longer, on a node whose clock is off.
check_clock() {
  [[ -n $SERVER ]] || return 0
  local theirs skew
  theirs=$(curl --silent --insecure --head --max-time 10 "$SERVER/ping" | sed -n 's/^[Dd]ate: //p' | tr -d '\r') || theirs="" # said in the next line
  [[ -n $theirs ]] || fail "the server $SERVER does not answer; see that it runs and that this node reaches it, then repeat"
  skew=$(($(date +%s) - $(date -d "$theirs" +%s)))
  ((${skew#-} <= 60)) || fail "the clock of this node is $skew s off the server's; mend time synchronisation (timedatectl) and repeat"
}

# Puts the binary into $state/k3s-<hash>, whole and verified or not at all.
fetch_binary() {
  binary_new=$state/k3s-$SHA256
  local fresh
  for path in "$binary_new" "$binary" "$STAGED"; do
    if is_binary "$path"; then
      [[ $path == "$binary_new" ]] || { ln -f "$path" "$binary_new" 2>/dev/null || cp -f "$path" "$binary_new"; }
      return
    fi
  done
  [[ -n $URL ]] || fail "no file with SHA-256 $SHA256 is on this node; place the k3s binary in the air-gap folder and repeat"
  fresh=$(mktemp "$binary_new.XXXXXX")
  # shellcheck disable=SC2064 # the name of this very file
  trap "rm -f '$fresh'" EXIT
  curl --fail --silent --show-error --location --proto '=https' --retry 3 --max-time 600 --output "$fresh" "$URL" ||
    fail "$URL could not be fetched; place k3s-$ARCH in the air-gap folder (cluster.folder), or open the way there, and repeat"
  is_binary "$fresh" || fail "$URL has SHA-256 $(sha256sum "$fresh" | cut -d ' ' -f 1) and not $SHA256; nothing of it was used. Compare the release lock"
  mv -f "$fresh" "$binary_new"
  trap - EXIT
}

is_binary() {
  [[ -f $1 && $(sha256sum "$1" | cut -d ' ' -f 1) == "$SHA256" ]]
}

# The wanted files below $state/next, with their modes, and the list of their paths.
write_next() {
  local mode path content
  rm -rf --one-file-system "$state/next"
  mkdir -p "$state/next/root"
  : >"$state/next/files"
  while read -r mode path content; do
    [[ -n $path ]] || continue
    if [[ $mode == once:* ]]; then
      # An authority that is in use is changed by rotation, not by its file.
      [[ ! -e $path && ! -e $state/files ]] || continue
      private_folders "${path%/*}"
      base64 -d <<<"$content" | write_file "$path" "${mode#once:}"
      continue
    fi
    mkdir -p "$state/next/root${path%/*}"
    base64 -d <<<"$content" >"$state/next/root$path"
    chmod "$mode" "$state/next/root$path"
    printf '%s\n' "$path" >>"$state/next/files"
  done <<<"$FILES"
  mkdir -p "$state/next/root${unit%/*}"
  unit_text >"$state/next/root$unit"
  chmod 0644 "$state/next/root$unit"
  printf '%s\n' "$unit" >>"$state/next/files"
}

# The settings of the whole host are read-only inside a container, whose host has to set them.
apply_sysctls() {
  local key value refused=()
  while IFS='=' read -r key value; do
    [[ -n $key && $(sysctl -n "$key" 2>/dev/null) != "$value" ]] || continue
    sysctl -q -w "$key=$value" 2>/dev/null || refused+=("$key=$value")
  done </etc/sysctl.d/90-kubelet.conf
  ((${#refused[@]} == 0)) || systemd-detect-virt --container --quiet ||
    fail "this kernel refuses ${refused[*]}, which protect-kernel-defaults compares; set them on the machine and repeat"
}

private_folders "$state" /etc/rancher/k3s
check_machine
write_next
fetch_binary
changed=false
if ! runs_as_wanted; then
  check_clock
  [[ $ROLE == agent ]] || private_folders /var/lib/rancher/k3s/server /var/lib/rancher/k3s/server/logs
  changed=true
  # From here a run that is cut off must not look like one that came up.
  rm -f "$state/running"
  install_tree "$state/next" "$binary_new"
  cp -f "$state/next/files" "$state/files"
  apply_sysctls
  systemctl daemon-reload
  systemctl enable --quiet "$service"
  if ! restart_until_ready $((LIMIT - SECONDS + started)); then
    reason=$why
    put_back_good "$reason"
  fi
  keep_as_good
fi
find "$state" -maxdepth 1 -name 'k3s-*' ! -name "k3s-$SHA256" -delete

ca_hash=
if [[ $ROLE == server ]]; then
  ca_hash=$(sed -n 's/^K10\([0-9a-f]\{64\}\)::.*/\1/p' /var/lib/rancher/k3s/server/node-token)
  [[ -n $ca_hash ]] || fail "the server wrote no token of the secure form to /var/lib/rancher/k3s/server/node-token; look at: journalctl -u $service"
fi
printf '{"version": "%s", "changed": %s, "restarts": %s, "caHash": "%s"}\n' \
  "$(version)" "$changed" "$restarts" "$ca_hash" >&3

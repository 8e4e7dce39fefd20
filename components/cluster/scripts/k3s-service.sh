#!/usr/bin/env bash
# The k3s service of a node: its names, its unit, what of it is as wanted, and how it starts or goes back.
# $state holds: files (paths in use), running (hash of what came up last), good/ (its files and binary), next/ (wanted).
set -euo pipefail

state=/var/lib/ebpf-platform/k3s
binary=/usr/local/bin/k3s
why=
restarts=0 # that this run made

derive_service() { # server or agent
  role=$1 service=k3s
  [[ $role == server ]] || service=k3s-agent
  unit=/etc/systemd/system/$service.service
}

# As k3s' own installer writes it, without what only other systems need.
unit_text() {
  local type=notify
  [[ $role == server ]] || type="exec"
  cat <<UNIT
[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=$type
EnvironmentFile=-$unit.env
KillMode=process
Delegate=yes
User=root
# Limits that are not infinite cost accounting in the kernel; cgroups bound what runs in containers.
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=$binary $role
UNIT
}

version() {
  "$binary" --version | sed -n 's/^k3s version \(\S*\).*/\1/p'
}

private_folders() {
  mkdir -p "$@"
  chmod 0700 "$@"
}

write_file() { # path, mode; content on standard input; keeps inode and time of a file that is the same
  local fresh
  fresh=$(mktemp "$1.XXXXXX")
  cat >"$fresh"
  chmod "$2" "$fresh"
  if cmp -s "$fresh" "$1" && [[ $(stat -c %a "$fresh") == "$(stat -c %a "$1")" ]]; then rm -f "$fresh"; else mv -f "$fresh" "$1"; fi
}

# The hash of a tree of wanted files and of the binary.
tree_hash() { # tree, binary
  {
    while read -r path; do
      stat -c '%a' "$1/root$path"
      printf '%s\n' "$path"
      cat "$1/root$path"
    done <"$1/files"
    sha256sum <"$2"
  } | sha256sum | cut -d ' ' -f 1
}

runs_as_wanted() {
  local path
  [[ $(cat "$state/running" 2>/dev/null) == "$(tree_hash "$state/next" "$binary_new")" ]] || return 1
  cmp -s "$state/files" "$state/next/files" || return 1
  while read -r path; do
    cmp -s "$state/next/root$path" "$path" || return 1
    [[ $(stat -c %a "$state/next/root$path") == "$(stat -c %a "$path")" ]] || return 1
  done <"$state/next/files"
  cmp -s "$binary_new" "$binary" || return 1
  systemctl --quiet is-active "$service" && systemctl --quiet is-enabled "$service"
}

# Puts a tree's files and a binary in their places; what was there of ours and is not in the tree goes.
install_tree() { # tree, binary
  local path mode
  while read -r path; do
    mkdir -p "${path%/*}"
    mode=$(stat -c %a "$1/root$path")
    write_file "$path" "$mode" <"$1/root$path"
  done <"$1/files"
  if [[ -e $state/files ]]; then
    while read -r path; do
      grep -qxF "$path" "$1/files" || rm -f "$path"
    done <"$state/files"
  fi
  cmp -s "$2" "$binary" || write_file "$binary" 0755 <"$2"
}

is_ready() {
  systemctl --quiet is-active "$service" || return 1
  if [[ $role == server ]]; then
    [[ $(timeout 10 "$binary" kubectl get --raw /readyz 2>/dev/null) == ok ]]
  else
    curl --silent --fail --max-time 5 http://127.0.0.1:10248/healthz >/dev/null
  fi
}

# Sets $why when it does not become ready.
restart_until_ready() { # seconds
  local deadline=$((SECONDS + $1)) fails
  systemctl reset-failed "$service" 2>/dev/null || true # it has not failed
  since=$(date '+%F %T')
  systemctl restart --no-block "$service"
  restarts=$((restarts + 1))
  while ((SECONDS < deadline)); do
    if is_ready; then
      # A crash a moment after the first answer is no success.
      sleep 1
      if is_ready; then return 0; fi
    fi
    fails=$(systemctl show --property=NRestarts --value "$service")
    if ((fails >= 2)); then
      why="it ended $fails times"
      return 1
    fi
    sleep 0.5
  done
  why="it was not ready after $1 s"
  return 1
}

log_tail() {
  journalctl --quiet --unit "$service" --since "$since" --output cat 2>/dev/null | grep -v '^\(Starting\|Started\|Stopped\|Stopping\) ' | tail -n 12
}

# What came up last, for the day on which something does not.
keep_as_good() {
  rm -rf --one-file-system "$state/good.new"
  cp -a "$state/next" "$state/good.new"
  ln -f "$binary" "$state/good.new/k3s" 2>/dev/null || cp -f "$binary" "$state/good.new/k3s"
  rm -rf --one-file-system "$state/good"
  mv -T "$state/good.new" "$state/good"
  tree_hash "$state/good" "$state/good/k3s" >"$state/running.new"
  mv -f "$state/running.new" "$state/running"
}

# Ends with an error either way.
put_back_good() { # reason
  local said
  said=$(log_tail)
  if [[ ! -e $state/good/files ]]; then
    systemctl stop "$service"
    printf '%s did not come up: %s. It is stopped; its data is as it was. Its log ends with:\n%s\n' "$service" "$1" "$said" >&2
    exit 1
  fi
  install_tree "$state/good" "$state/good/k3s"
  cp -f "$state/good/files" "$state/files"
  systemctl daemon-reload
  if restart_until_ready 300; then
    tree_hash "$state/good" "$state/good/k3s" >"$state/running"
    printf '%s did not come up with the new files or binary: %s. The last good ones are back and it runs. Its log ended with:\n%s\n' "$service" "$1" "$said" >&2
  else
    printf '%s did not come up: %s; nor with the last good files, which are back in place: %s. Its log ended with:\n%s\n' "$service" "$1" "$why" "$said" >&2
  fi
  exit 1
}

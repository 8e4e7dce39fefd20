#!/usr/bin/env bash
# Prepares a node for BPF and Kubernetes: packages, sysctls, modules, bpffs. A step, see runner.sh; it may be repeated
# and says in its answer what it changed. Arguments: packages (blank-separated), apt_lock_seconds, drop_in (a path),
# sysctls (the drop-in's text), wireguard (yes or no).
set -euo pipefail
source "${BASH_SOURCE%/*}/wait.sh"
source "${BASH_SOURCE%/*}/apt.sh"

changed=()

# put_file FILE TEXT: the file has the text.
put_file() {
  if [[ -e $1 ]] && cmp -s "$1" <(printf '%s' "$2"); then return 0; fi
  mkdir -p "${1%/*}"
  printf '%s' "$2" >"$1.new"
  mv -f "$1.new" "$1"
  changed+=("$1")
}

install_packages() {
  local package missing=()
  for package in ${packages:-}; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  echo "installing ${missing[*]}"
  if ! apt_get "${apt_lock_seconds:?}" install --no-install-recommends "${missing[@]}"; then
    no_apt_holder || return 75
    # The lists may be older than the mirror's files.
    apt_get "$apt_lock_seconds" update
    apt_get "$apt_lock_seconds" install --no-install-recommends "${missing[@]}"
  fi
  changed+=("${missing[@]}")
}

# What this node cannot set (a container's host decides) is left: the facts say it afterwards.
set_sysctls() {
  local name value file
  while read -r name _ value; do
    file=/proc/sys/${name//.//}
    [[ $name != '#' && -w $file ]] || continue
    [[ $(tr '\t' ' ' <"$file") != "$value" ]] || continue
    if printf '%s\n' "$value" >"$file"; then
      changed+=("$name")
    else
      echo "$name is $(<"$file") and did not take $value"
    fi
  done <<<"${sysctls:?}"
}

mount_bpffs() {
  if awk '$2 == "/sys/fs/bpf" && $3 == "bpf" { found = 1 } END { exit !found }' /proc/mounts; then return; fi
  # Not a mount unit: systemd refuses those for its own file systems, of which this is one.
  put_file /etc/systemd/system/ebpf-platform-bpffs.service "[Unit]
Description=BPF file system
DefaultDependencies=no
Before=sysinit.target
ConditionPathIsMountPoint=!/sys/fs/bpf

[Service]
Type=oneshot
ExecStart=/bin/mount -t bpf -o mode=700,nosuid,nodev,noexec bpf /sys/fs/bpf

[Install]
WantedBy=sysinit.target
"
  systemctl daemon-reload
  systemctl enable --quiet ebpf-platform-bpffs.service
  systemctl start ebpf-platform-bpffs.service
  changed+=(/sys/fs/bpf)
}

load_wireguard() {
  [[ ${wireguard:?} == yes ]] || return 0
  put_file /etc/modules-load.d/ebpf-platform.conf $'wireguard\n'
  # Loads the module where it is one, and proves that the kernel takes such a device. Root alone may.
  ip link add ebpfwgcheck type wireguard && ip link delete ebpfwgcheck
}

install_packages
put_file "${drop_in:?}" "$sysctls"
set_sysctls
mount_bpffs
load_wireguard

list=$(printf '"%s",' "${changed[@]}")
printf '{"changed":[%s]}\n' "$( ((${#changed[@]} == 0)) || printf '%s' "${list%,}")" >&3

#!/usr/bin/env bash
# Says what a node is, for its preparation; changes nothing. The lines are read by lib/src/node/preparation-facts.ts.
# Variables: sysctls, options (of the kernel's configuration), packages, drop_in (a path); each list blank-separated.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
kernel=$(uname -r)
yes_if() {
  if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi
}

mounts_at() {
  awk -v place="$1" -v kind="$2" '$2 == place && $3 == kind' /proc/mounts | wc -l
}

# Where the running kernel's configuration can be read; empty where nowhere.
config_source() {
  local file
  for file in /proc/config.gz "/boot/config-$kernel" "/lib/modules/$kernel/config"; do
    if [[ -r $file ]]; then
      echo "$file"
      return
    fi
  done
}

has_wireguard() {
  [[ -d /sys/module/wireguard ]] || modprobe --dry-run --quiet wireguard || ip link show type wireguard | grep -q .
}

grub_with_drop_ins() {
  [[ -d /etc/default/grub.d && -e /boot/grub/grub.cfg ]] && command -v update-grub
}

# shellcheck source=/dev/null # a file of every distribution
os=$(source /etc/os-release && echo "$ID ${VERSION_ID:-rolling}")
# It prints "none" and fails where there is no container.
container=$(systemd-detect-virt --container) || [[ $container == none ]]
lsm=
[[ ! -r /sys/kernel/security/lsm ]] || lsm=$(</sys/kernel/security/lsm)
printf '%s\n' "kernel $kernel" "os $os" "boot $(</proc/sys/kernel/random/boot_id)" \
  "container $container" \
  "bpffs $(mounts_at /sys/fs/bpf bpf)" "cgroup2 $(awk '$3 == "cgroup2"' /proc/mounts | wc -l)" \
  "btf $(yes_if test -r /sys/kernel/btf/vmlinux)" "lsm $lsm" \
  "grub $(yes_if grub_with_drop_ins)" "wireguard $(yes_if has_wireguard)" \
  "drop-in $(sha256sum "${drop_in:?}" 2>/dev/null | cut -d ' ' -f 1)"

for name in ${sysctls:-}; do
  file=/proc/sys/${name//.//}
  [[ -e $file ]] || continue
  access=ro
  [[ ! -w $file ]] || access=rw
  printf 'sysctl %s %s %s\n' "$name" "$access" "$(tr '\t\n' '  ' <"$file" | sed 's/ *$//')"
done

source=$(config_source)
echo "config $source"
if [[ -n $source ]]; then
  reader='cat'
  [[ $source != *.gz ]] || reader='zcat'
  "$reader" "$source" | awk -F= -v wanted="${options:-}" '
    BEGIN { count = split(wanted, names, " ") }
    { value[$1] = $2 }
    END { for (i = 1; i <= count; i++) print "option", names[i], (names[i] in value ? value[names[i]] : "n") }'
fi

for package in ${packages:-}; do
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
    echo "missing $package"
done

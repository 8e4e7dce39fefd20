#!/usr/bin/env bash
# A libvirt daemon for tests: libvirtd.sh FOLDER, within namespaces of its own (unshare --mount --pid), so that it and every
# machine it started end with this process, and nothing of this host's libvirt is read or written. Its socket is
# FOLDER/run/libvirt-sock. The network is the host's: tests dial the machines.
set -euo pipefail

folder=$1
mkdir -p "$folder"/{run,etc/qemu,lib/dnsmasq,cache,log,state}

# The daemon looks its users up by name even where it is told to use root.
cp /etc/passwd "$folder/passwd"
cp /etc/group "$folder/group"
grep -q '^libvirt-qemu:' /etc/passwd || printf 'libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin\n' >>"$folder/passwd"
for name in libvirt-qemu:64055 libvirt:64056 kvm:64057; do
  grep -q "^${name%:*}:" /etc/group || printf '%s:x:%s:\n' "${name%:*}" "${name#*:}" >>"$folder/group"
done
mount --bind "$folder/passwd" /etc/passwd
mount --bind "$folder/group" /etc/group

for place in etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt log:/var/log/libvirt state:/run/libvirt; do
  # A folder that is not there appears on a layer of this namespace alone.
  if [[ ! -d ${place#*:} ]]; then
    upper=$(mktemp -d "$folder/layer.XXXXXX")
    parent=$(dirname "${place#*:}")
    mkdir "$upper/upper" "$upper/work"
    mount -t overlay overlay -o "lowerdir=$parent,upperdir=$upper/upper,workdir=$upper/work" "$parent"
    mkdir -p "${place#*:}"
  fi
  mount --bind "$folder/${place%%:*}" "${place#*:}"
done

# Neither security labels nor cgroups: this is a daemon for one test, as root, on hosts without systemd.
printf '%s\n' 'security_driver = "none"' 'user = "root"' 'group = "root"' 'dynamic_ownership = 0' 'cgroup_controllers = []' \
  'namespaces = []' 'seccomp_sandbox = 0' 'stdio_handler = "file"' >/etc/libvirt/qemu.conf
printf '%s\n' "unix_sock_dir = \"$folder/run\"" 'auth_unix_rw = "none"' >/etc/libvirt/libvirtd.conf

# Not exec: this shell is the first process of its namespace and has to collect machines that end.
/usr/sbin/libvirtd --config /etc/libvirt/libvirtd.conf --pid-file "$folder/run/libvirtd.pid" >"$folder/log/libvirtd.log" 2>&1 &
wait $!

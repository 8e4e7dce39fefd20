# shellcheck shell=bash
# The Debian tree below every machine: made once by mmdebstrap, kept by the hash of what went in. Sourced by nspawn.sh.

base_suite=bookworm
base_cache=${EBPF_PLATFORM_CACHE:-/var/cache/ebpf-platform}/nspawn

# Raise the number when customize_base changes: the id must say what is in the tree.
base_revision=3

base_id() {
  local digest packages
  packages=$(tr ' ' '\n' <<<"$spec_packages" | sort -u)
  digest=$(printf '%s\n' "$base_revision" "$base_suite" "$(dpkg --print-architecture)" "$packages" | sha256sum)
  printf '%s' "${digest:0:16}"
}

# Prints nothing; afterwards $base_cache/<id>/root is whole. Others who need it wait for the one who builds.
ensure_base() {
  local id build started=$SECONDS
  id=$(base_id)
  base_root=$base_cache/$id/root
  [[ ! -d $base_root ]] || return 0
  mkdir -p "$base_cache"
  exec 9>"$base_cache/.lock.$id"
  flock -n 9 || note "waits for the Debian base that another machine is building"
  flock -w 1200 9 || fail "the Debian base $id was not ready after 20 minutes; see $base_cache"
  if [[ ! -d $base_root ]]; then
    rm -rf --one-file-system "$base_cache/.build.$id"
    build=$base_cache/.build.$id
    mkdir -p "$build"
    note "builds the Debian $base_suite base, once for all machines (about a minute)"
    # Namespaces of its own: a build whose script is killed ends at once, and what it had mounted goes with it.
    if ! setpriv --pdeathsig KILL unshare --mount --pid --mount-proc --propagation private --fork --kill-child \
      timeout -k 10 1080 mmdebstrap --mode=root --variant=minbase --include="${spec_packages// /,}" \
      --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
      "$base_suite" "$build/root" </dev/null >"$base_cache/$id.log" 2>&1; then
      fail "mmdebstrap could not build the Debian base: $(grep -E '^E:|No space' "$base_cache/$id.log" | tail -n 1); see $base_cache/$id.log, then repeat"
    fi
    customize_base "$build/root"
    mv -T "$build" "$base_cache/$id"
    note "has its Debian base after $((SECONDS - started)) s"
  fi
  exec 9>&-
}

# What every machine has in common and no machine decides: no time-driven units, sshd by key only, own mounts.
customize_base() {
  local root=$1 unit
  rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/etc/resolv.conf" "$root/var/lib/dbus/machine-id"
  : >"$root/etc/machine-id"
  # A node that wakes up by itself spoils measurements; nothing here needs a console or a disk.
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    e2scrub_reap.service systemd-pstore.service systemd-timesyncd.service getty.target \
    console-getty.service systemd-networkd.service systemd-resolved.service dev-hugepages.mount \
    sys-fs-fuse-connections.mount modprobe@.service; do
    ln -sfn /dev/null "$root/etc/systemd/system/$unit"
  done
  # Installed for nodes with a web service; the others must not answer on port 80.
  rm -f "$root/etc/systemd/system/multi-user.target.wants/nginx.service"
  cat >"$root/etc/ssh/sshd_config.d/ebpf-platform.conf" <<'CONF'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
X11Forwarding no
# Several steps connect at once; the default 10:30:100 drops some of them at random.
MaxStartups 100:30:200
CONF
  # systemd-nspawn gives a private read-only /sys without fs/bpf, and systemd takes no mount unit for this path.
  cat >"$root/etc/systemd/system/bpffs.service" <<'UNIT'
[Unit]
Description=BPF file system of this node
DefaultDependencies=no
Before=sysinit.target
ConditionPathIsMountPoint=!/sys/fs/bpf

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount -o remount,rw /sys
ExecStart=/bin/mkdir -p /sys/fs/bpf
ExecStart=/bin/mount -o remount,ro /sys
ExecStart=/bin/mount -t bpf -o mode=700,nosuid,nodev,noexec bpf /sys/fs/bpf

[Install]
WantedBy=sysinit.target
UNIT
  mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
  ln -sfn ../bpffs.service "$root/etc/systemd/system/sysinit.target.wants/bpffs.service"
}

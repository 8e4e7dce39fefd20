#!/usr/bin/env bash
# Makes what a guest boots from, once for each content, and says where it is:
#   guest-image.sh PACKAGE...    Debian packages of the guest's root, those of the nspawn machines
# prints the folder with vmlinuz, modules/ and root.img (ext4 with the same tree that nspawn machines stand on).
# Exit status 69: Debian's cloud kernel cannot be fetched here.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
machine_name=guest
spec_packages=$*
# shellcheck source=../../../components/node/scripts/nspawn-spec.sh
source "$here/../../../components/node/scripts/nspawn-spec.sh"
# shellcheck source=../../../components/node/scripts/nspawn-base.sh
source "$here/../../../components/node/scripts/nspawn-base.sh"

cache=${EBPF_PLATFORM_CACHE:-/var/cache/ebpf-platform}/vm
# Raise the number when customize_root changes.
root_revision=2
# In the order of their dependencies.
modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk failover net_failover virtio_net)

# The kernel's package is extracted, not installed: nothing here boots it but the guest.
fetch_kernel() {
  local package=$1 folder=$2 module
  (cd "$folder" && apt-get -q download "$package" >apt.log 2>&1) || {
    tail -n 1 "$folder/apt.log" >&2
    exit 69
  }
  mkdir "$folder/package" "$folder/modules"
  dpkg-deb --extract "$folder"/*.deb "$folder/package"
  mv "$folder"/package/boot/vmlinuz-* "$folder/vmlinuz"
  for module in "${modules[@]}"; do
    find "$folder/package" -name "$module.ko" -exec mv -t "$folder/modules" {} +
    [[ -s $folder/modules/$module.ko ]] || fail "the package $package has no module $module"
  done
  printf '%s\n' "${modules[@]}" >"$folder/modules/order"
  rm -rf "$folder/package" "$folder"/*.deb "$folder/apt.log"
}

# What a virtual machine has and a container has not: an interface to configure, a file system to write to.
customize_root() {
  local root=$1
  printf 'guest\n' >"$root/etc/hostname"
  printf '5ee5ee5ee5ee5ee5ee5ee5ee5ee5ee5e\n' >"$root/etc/machine-id"
  printf '127.0.0.1 localhost\n127.0.1.1 guest\n::1 localhost\n' >"$root/etc/hosts"
  printf '/dev/vda / ext4 defaults 0 0\n' >"$root/etc/fstab"
  cp "$here/guest-network.service" "$root/etc/systemd/system/"
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../guest-network.service "$root/etc/systemd/system/multi-user.target.wants/"
  # systemd mounts the BPF file system of a virtual machine itself; a container's unit would only be in the way.
  rm -f "$root/etc/systemd/system/bpffs.service" "$root/etc/systemd/system/sysinit.target.wants/bpffs.service"
  for unit in serial-getty@.service systemd-udev-settle.service e2scrub_all.service; do
    ln -sfn /dev/null "$root/etc/systemd/system/$unit"
  done
}

# Verity, so that files can have a digest that the kernel guards.
make_root() {
  local folder=$1
  ensure_base
  mkdir "$folder/tree"
  cp -a "$base_root/." "$folder/tree"
  customize_root "$folder/tree"
  mke2fs -q -t ext4 -b 4096 -O verity,^has_journal -E lazy_itable_init=1 -d "$folder/tree" "$folder/root.img" 1G >&2
  rm -rf "$folder/tree"
}

# The package of today's kernel; nothing where apt knows none.
kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' || return 0
}

main() {
  local kernel id build
  kernel=$(kernel_package)
  if [[ -z $kernel ]] && apt-get -q update >/dev/null 2>&1; then kernel=$(kernel_package); fi
  if [[ -z $kernel ]]; then
    echo "apt knows no linux-image-cloud-amd64" >&2
    exit 69
  fi
  id=$(printf '%s\n' "$root_revision" "$kernel" "$(base_id)" "$(sha256sum <"$here/guest-network.service")" | sha256sum)
  id=${id:0:16}
  mkdir -p "$cache"
  exec 7>"$cache/.lock"
  flock -w 1200 7 || fail "another run has built the guest's image for 20 minutes; see $cache"
  if [[ ! -d $cache/$id ]]; then
    build=$cache/.build.$id
    rm -rf "$build"
    mkdir "$build"
    fetch_kernel "$kernel" "$build"
    make_root "$build"
    mv -T "$build" "$cache/$id"
  fi
  printf '%s\n' "$cache/$id"
}

main

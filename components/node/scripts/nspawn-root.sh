# shellcheck shell=bash
# A machine's root: an overlay over the base, and the few files that make it this machine. Sourced by nspawn.sh.

root_mounted() {
  mountpoint -q "$machine_root"
}

mount_root() {
  mkdir -p "$machine_dir"/{upper,work,root}
  root_mounted ||
    mount -t overlay overlay -o "lowerdir=$base_root,upperdir=$machine_dir/upper,workdir=$machine_dir/work" "$machine_root" ||
    fail "the overlay over $base_root could not be mounted; $machine_dir has to be on a disk file system (not on an overlay) with free space"
}

# put_file PATH MODE: standard input becomes the file, whole or not at all.
put_file() {
  local path=$machine_root$1
  mkdir -p "${path%/*}"
  (umask 077 && cat >"$path.new" && chmod "$2" "$path.new" && mv -f "$path.new" "$path") ||
    fail "$path could not be written; is the disk full?"
}

# Idempotent: writes the same files again after a kill, and only the keys when the keys have changed.
provision_root() {
  local id
  id=$(printf '%s/%s' "$spec_stack" "$machine_name" | sha256sum)
  printf '%s\n' "${id:0:32}" | put_file /etc/machine-id 444
  printf '%s\n' "$machine_name" | put_file /etc/hostname 644
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost\n' "$machine_name" | put_file /etc/hosts 644
  install -d -m 700 "$machine_root/root/.ssh"
  base64 -d <<<"$spec_authorized_key" | put_file /root/.ssh/authorized_keys 600
  base64 -d <<<"$spec_host_key" | put_file /etc/ssh/ssh_host_ed25519_key 600
  base64 -d <<<"$spec_host_key_public" | put_file /etc/ssh/ssh_host_ed25519_key.pub 644
}

unmount_root() {
  ! root_mounted || umount "$machine_root" 2>/dev/null || ! root_mounted
}

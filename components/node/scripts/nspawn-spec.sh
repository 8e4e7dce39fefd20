# shellcheck shell=bash
# What a machine is (read from standard input) and where its parts live. Sourced by nspawn.sh, never run.

# fail SENTENCE: ends the script; the sentence is the last line, where an engine shows it.
fail() {
  printf 'nspawn machine %s: %s\n' "${machine_name:-?}" "$1" >&2
  exit 1
}

note() {
  printf '%s: %s\n' "${machine_name:-nspawn}" "$1" >&2
}

# Lines KEY=VALUE, keys as below; key material comes in base64 and never through arguments or environment.
read_spec() {
  local key value
  spec_stack='' machine_name='' spec_address='' spec_prefix='' spec_gateway='' spec_bridge=''
  spec_packages='' spec_receiver='' spec_authorized_key='' spec_host_key='' spec_host_key_public=''
  while IFS='=' read -r key value; do
    case $key in
    stack) spec_stack=$value ;;
    name) machine_name=$value ;;
    address) spec_address=$value ;;
    prefix) spec_prefix=$value ;;
    gateway) spec_gateway=$value ;;
    bridge) spec_bridge=$value ;;
    packages) spec_packages=$value ;;
    receiver) spec_receiver=$value ;;
    authorizedKey) spec_authorized_key=$value ;;
    hostKey) spec_host_key=$value ;;
    hostKeyPublic) spec_host_key_public=$value ;;
    '') ;;
    *) fail "the key \"$key\" on standard input is unknown; use the script and the driver of one version" ;;
    esac
  done
  [[ $spec_stack =~ ^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$ ]] || fail "the stack \"$spec_stack\" is no name of letters, digits, dots, - and _"
  [[ $machine_name =~ ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]] || fail "the name is no host name (RFC 1123) of at most 63 characters"
  [[ $spec_bridge =~ ^[a-zA-Z0-9_-]{1,15}$ ]] || fail "the bridge \"$spec_bridge\" is no interface name of at most 15 characters"
  is_ipv4 "$spec_address" || fail "the address \"$spec_address\" is no IPv4 address"
  derive_paths
}

# The parts that only a start needs; a delete works without them.
check_start_spec() {
  is_ipv4 "$spec_gateway" || fail "the gateway \"$spec_gateway\" is no IPv4 address"
  if [[ ! $spec_prefix =~ ^[0-9]{1,2}$ ]] || ((spec_prefix < 8 || spec_prefix > 30)); then
    fail "the prefix length \"$spec_prefix\" is not between 8 and 30"
  fi
  [[ $spec_address != "$spec_gateway" ]] || fail "the address $spec_address is that of the bridge; take another"
  [[ -n $spec_packages && -n $spec_receiver ]] || fail "packages and receiver are needed to start it"
}

check_keys() {
  [[ -n $spec_authorized_key && -n $spec_host_key && -n $spec_host_key_public ]] ||
    fail "authorizedKey, hostKey and hostKeyPublic are needed to make it"
}

# All of the description but its keys, which the machine's root has: enough for `start`.
write_description() {
  printf '%s\n' "stack=$spec_stack" "name=$machine_name" "address=$spec_address" "prefix=$spec_prefix" \
    "gateway=$spec_gateway" "bridge=$spec_bridge" "packages=$spec_packages" "receiver=$spec_receiver" \
    >"$machine_dir/description.new"
  mv -f "$machine_dir/description.new" "$machine_dir/description"
}

is_ipv4() {
  local part
  [[ $1 =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$ ]] || return 1
  for part in "${BASH_REMATCH[@]:1}"; do ((10#$part <= 255)) || return 1; done
}

# shellcheck disable=SC2034 # the scripts that are sourced beside this one use them
derive_paths() {
  local octets hex
  IFS=. read -ra octets <<<"$spec_address"
  printf -v hex '%02x%02x%02x%02x' "${octets[@]}"
  machine_dir=/var/lib/ebpf-platform/nspawn/$spec_stack/$machine_name
  machine_root=$machine_dir/root
  machine_log=$machine_dir/console.log
  registry_dir=/run/ebpf-platform/nspawn/$spec_stack
  registry_file=$registry_dir/$machine_name.json
  netns_name=ebpf-$spec_stack-$machine_name
  netns_path=/run/netns/$netns_name
  # Locally administered (02) and derived from the address: neighbours keep their ARP entries over a rebuild.
  container_name=ebpf-$hex
  machine_mac=02:eb:${hex:0:2}:${hex:2:2}:${hex:4:2}:${hex:6:2}
  host_interface=veb$hex
  cgroup_name=ebpf-platform/$spec_stack.$machine_name
  cgroup_dir=$(awk '{ for (i = 7; i < NF; i++) if ($i == "-" && $(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo)
  [[ -n $cgroup_dir ]] || fail "no cgroup2 hierarchy is mounted on this host; mount one at /sys/fs/cgroup/unified"
  cgroup_dir=$cgroup_dir/$cgroup_name
  # The digests say whether a running machine is the one that is asked for: first what it stands on, then its keys.
  identity_digest=$(printf '%s\n' "$spec_stack" "$machine_name" "$spec_address/$spec_prefix" "$spec_gateway" "$spec_bridge" "$(base_id)" | sha256sum)
  identity_digest=${identity_digest%% *}
  keys_digest=$(printf '%s\n' "$spec_authorized_key" "$spec_host_key" | sha256sum)
  keys_digest=${keys_digest%% *}
}

# One verb at a time works on a machine. File descriptor 8 holds the lock until the script ends. A delete removes
# the lock's file, so who waited for it looks whether the file is still the one it has.
lock_machine() {
  machine_lock=/run/ebpf-platform/locks/nspawn.$spec_stack.$machine_name
  mkdir -p "${machine_lock%/*}"
  while :; do
    exec 8>"$machine_lock"
    flock -w 900 8 || fail "another start or delete of this machine has run for 15 minutes; end it and repeat"
    [[ ! $machine_lock -ef /proc/self/fd/8 ]] || return 0
  done
}

# shellcheck shell=bash
# A machine's network: a namespace of its own, and a veth from its host0 to the bridge. Sourced by nspawn.sh.

# Bridges are shared between machines: making, joining and removing one is one critical section (descriptor 7).
with_bridge_lock() {
  mkdir -p /run/ebpf-platform/locks
  (
    exec 7>"/run/ebpf-platform/locks/nspawn-bridges"
    flock -w 60 7 || fail "another process has held the bridge's lock for a minute; end it and repeat"
    "$@"
  )
}

# The default route is made last and goes with the link: with it the rest is whole, too.
network_intact() {
  [[ -e $netns_path && -e /sys/class/net/$host_interface/master ]] &&
    [[ $(readlink "/sys/class/net/$host_interface/master") == */"$spec_bridge" ]] &&
    ip -n "$netns_name" -br address show dev host0 2>/dev/null | grep -qF " $spec_address/$spec_prefix " &&
    ip link show dev "$host_interface" | grep -qw xdp &&
    ip -n "$netns_name" route show default | grep -qF "via $spec_gateway "
}

network_up() {
  network_intact || with_bridge_lock connect_machine
}

connect_machine() {
  interface_is_ours || fail "the address $spec_address belongs to \"$(<"/sys/class/net/$host_interface/ifalias")\"; choose another or delete that machine"
  make_bridge
  mkdir -p /run/netns
  if [[ ! -e $netns_path ]] || ! ip netns exec "$netns_name" true 2>/dev/null; then
    # The name without the namespace is what a kill in the middle of `ip netns add` leaves.
    rm -f "$netns_path"
    ip netns add "$netns_name"
  fi
  ip -n "$netns_name" link set lo up
  # A half-made pair is not worth mending: it carries no state.
  ip link delete "$host_interface" 2>/dev/null || true      # it was not there
  ip -n "$netns_name" link delete host0 2>/dev/null || true # it was not there
  ip link add "$host_interface" type veth peer name host0 address "$machine_mac" netns "$netns_name"
  ip link set "$host_interface" alias "$interface_owner"
  set_offloads
  set_receiver
  ip -n "$netns_name" address add "$spec_address/$spec_prefix" dev host0
  ip link set "$host_interface" master "$spec_bridge" up
  ip -n "$netns_name" link set host0 up
  ip -n "$netns_name" route replace default via "$spec_gateway"
}

# The interface is named by the address; its alias says which machine has it. None: a start was killed in between.
interface_is_ours() {
  local alias=''
  interface_owner="ebpf-platform machine $spec_stack/$machine_name"
  [[ ! -e /sys/class/net/$host_interface ]] || alias=$(<"/sys/class/net/$host_interface/ifalias")
  [[ -z $alias || $alias == "$interface_owner" ]]
}

make_bridge() {
  local owner rival
  if ! ip link show "$spec_bridge" >/dev/null 2>&1; then
    # A fixed address: by default it is the lowest of the ports' and changes as machines come and go.
    ip link add "$spec_bridge" address "02:eb:00${machine_mac:8:6}:00" type bridge forward_delay 0 stp_state 0 mcast_snooping 0
  fi
  bridge_is_ours || fail "the interface $spec_bridge of this host is no bridge of ours; choose another network.bridge"
  owner=$(ip -br -4 address show dev "$spec_bridge" | awk '{ print $3 }')
  [[ -z $owner || $owner == "$spec_gateway/$spec_prefix" ]] ||
    fail "the bridge $spec_bridge has the address $owner, not $spec_gateway/$spec_prefix; another stack uses it: choose another network.bridge"
  rival=$(ip -o -4 address show to "$spec_gateway/$spec_prefix" | awk -v bridge="$spec_bridge" '$2 != bridge { print $2 " (" $4 ")"; exit }')
  [[ -z $rival ]] || fail "the network $spec_gateway/$spec_prefix is also on the interface $rival of this host; choose another network.cidr"
  [[ -n $owner ]] || ip address add "$spec_gateway/$spec_prefix" dev "$spec_bridge"
  ip link set "$spec_bridge" up
}

# Checksums must be finished and packets cut to the MTU before an XDP program rewrites them.
set_offloads() {
  ethtool -K "$host_interface" gro on tx off tso off gso off >/dev/null
  ip netns exec "$netns_name" ethtool -K host0 tx off tso off gso off >/dev/null
}

# What XDP programs on host0 send back is read at once only by a peer that has a program too (bpf/xdp_pass.bpf.c).
set_receiver() {
  local object=$machine_dir/xdp_pass.o
  command -v clang >/dev/null || fail "clang is not on this host, and the network of a machine needs a program compiled; install clang"
  base64 -d <<<"$spec_receiver" | clang -x c -O2 -target bpf -c -o "$object" - ||
    fail "clang could not compile bpf/xdp_pass.bpf.c; its words are above"
  # In a mount namespace of its own: iproute2 mounts a bpffs wherever it finds none, and leaves it.
  unshare --mount --propagation private ip link set dev "$host_interface" xdpdrv object "$object" section xdp ||
    fail "the kernel refused the program bpf/xdp_pass.bpf.c on $host_interface; its words are above"
  rm "$object"
}

network_down() {
  with_bridge_lock disconnect_machine
}

bridge_is_ours() {
  [[ -d /sys/class/net/$spec_bridge/bridge && $(<"/sys/class/net/$spec_bridge/address") == 02:eb:00:* ]]
}

disconnect_machine() {
  if interface_is_ours && [[ -e /sys/class/net/$host_interface ]]; then ip link delete "$host_interface"; fi
  if [[ -e $netns_path ]]; then
    ip netns delete "$netns_name" 2>/dev/null || rm -f "$netns_path"
  fi
  # The last one out removes the bridge.
  if bridge_is_ours && [[ -z $(ls -A "/sys/class/net/$spec_bridge/brif") ]]; then
    ip link delete "$spec_bridge"
  fi
}

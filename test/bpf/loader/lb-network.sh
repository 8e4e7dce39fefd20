#!/usr/bin/env bash
# Puts machines behind the interface of a private node (private-node.sh): its peer becomes a port of a bridge, and each
# machine is a network namespace on that bridge with an interface eth0, 198.18.77.HOST and 2001:2:0:77::HOST (RFC 2544,
# RFC 5180). Runs in the peer's network namespace.
#   lb-network.sh XDP_PASS NAME:HOST...   XDP_PASS is the compiled program of bpf/xdp_pass.bpf.c
# Prints "ready" and the machines' process ids in the same order, and lives until its standard input is closed.
set -euo pipefail

receiver=$1
shift
machines=()
trap 'kill "${machines[@]}"' EXIT

receive() { # interface: what an XDP program on the other end sends back is read at once (bpf/xdp_pass.bpf.c)
  unshare --mount --propagation private ip link set dev "$1" xdpdrv object "$receiver" section xdp
}

ip address flush dev peer0
ip link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0
ip link set br0 addrgenmode none
ip link set br0 up
ethtool -K peer0 gro on tx off tso off gso off >/dev/null
receive peer0
ip link set peer0 master br0

for machine in "$@"; do
  host=${machine#*:}
  unshare -n sleep infinity &
  pid=$!
  machines+=("$pid")
  # The child has its own network namespace once the two links differ.
  for _ in $(seq 200); do
    if [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$pid/ns/net")" ]; then break; fi
    sleep 0.01
  done
  ip link add "port$host" type veth peer name eth0 address "$(printf '02:00:00:00:77:%02x' "$host")" netns "$pid"
  ethtool -K "port$host" gro on tx off tso off gso off >/dev/null
  receive "port$host"
  ip link set "port$host" addrgenmode none
  ip link set "port$host" master br0 up
  nsenter -t "$pid" -n bash -s "$host" <<'MACHINE'
set -euo pipefail
# Checksums must be finished before an XDP program rewrites them, and segments be no longer than the MTU.
ethtool -K eth0 tx off tso off gso off >/dev/null
ip link set eth0 addrgenmode none
ip link set lo up
ip address add "198.18.77.$1/24" dev eth0
ip address add "2001:2:0:77::$1/64" dev eth0 nodad
# Neighbours are asked for from an address of the link.
ip address add "fe80::$1/64" dev eth0 nodad
ip link set eth0 up
# A machine that holds a VIP on lo must not answer for it by ARP (Documentation/networking/ip-sysctl.rst).
sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
MACHINE
done
echo "ready ${machines[*]}"
cat >/dev/null

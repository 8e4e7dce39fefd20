#!/usr/bin/env bash
# Turns a fresh mount and network namespace into a small node for the loader: own bpffs, own /run and /var/lib, the
# interface host0 (198.18.77.1) whose other end `peer0` (198.18.77.2) is in the network namespace of its own child.
# Prints "ready" and the process ids of node and peer, and lives until its standard input is closed.
set -euo pipefail

mount --make-rprivate /
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
ip link set lo up
unshare -n sleep infinity &
peer=$!
trap 'kill "$peer"' EXIT
# The child has its own network namespace once the two links differ.
for _ in $(seq 200); do
  if [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$peer/ns/net")" ]; then break; fi
  sleep 0.01
done
ip link add host0 type veth peer name peer0
ip link set peer0 netns "$peer"
# No IPv6 address of their own: its router solicitations and group reports would be packets that no test has sent.
ip link set host0 addrgenmode none
nsenter -t "$peer" -n ip link set peer0 addrgenmode none
ip address add 198.18.77.1/24 dev host0
ip link set host0 up
nsenter -t "$peer" -n ip link set lo up
nsenter -t "$peer" -n ip address add 198.18.77.2/24 dev peer0
nsenter -t "$peer" -n ip link set peer0 up
echo "ready $$ $peer"
cat >/dev/null

#!/usr/bin/env bash
# Finds out to which MAC address the balancer sends frames for each backend: its own, or its router's.
# Arguments: BACKENDS   space-separated name=address
#            INTERFACE  through which frames leave
#            ON_LINK    space-separated names of backends that must not be behind a router (mode dsr-l2)
# Answer: {"macs": {"<name>": "<mac>"}}
set -euo pipefail

fail() {
  echo "The MAC address of backend $1 ($2) is not known on $(hostname): $3" >&2
  exit 1
}

resolve() { # address: prints the MAC address of a neighbour, or nothing after three seconds
  local mac end=$((SECONDS + 3))
  while :; do
    # A datagram to the discard port makes the kernel ask for the address; nobody has to listen.
    (echo >"/dev/udp/$1/9") 2>/dev/null || true # an earlier one was refused
    mac=$(ip neighbour show to "$1" dev "$INTERFACE" | sed -n 's/.* lladdr \([0-9a-f:]*\) .*/\1/p' | head -n 1)
    if [[ -n $mac ]]; then
      echo "$mac"
      return
    fi
    ((SECONDS < end)) || return 0
    sleep 0.1
  done
}

ip link show dev "$INTERFACE" >/dev/null 2>&1 || fail all "$BACKENDS" "it has no interface $INTERFACE; correct loadBalancer.interface"
found=()
for backend in $BACKENDS; do
  name=${backend%%=*}
  address=${backend#*=}
  route=$(ip route get "$address" 2>&1) || fail "$name" "$address" "there is no route to it ($route); add one, or correct the node's address"
  device=$(sed -n '1s/.* dev \([^ ]*\).*/\1/p' <<<"$route")
  [[ $device == "$INTERFACE" ]] || fail "$name" "$address" "its route leaves through $device, and the balancer sends through $INTERFACE; name the interface it is behind in loadBalancer.interface"
  hop=$(sed -n '1s/.* via \([^ ]*\).*/\1/p' <<<"$route")
  if [[ -n $hop && " $ON_LINK " == *" $name "* ]]; then
    fail "$name" "$address" "it is behind the router $hop, and mode dsr-l2 needs it on the same network; use dsr-ipip or nat"
  fi
  mac=$(resolve "${hop:-$address}")
  [[ -n $mac ]] || fail "$name" "$address" "${hop:-$address} does not answer on $INTERFACE; start that machine, or correct the node's address"
  found+=("\"$name\": \"$mac\"")
done
(
  IFS=,
  printf '{"macs": {%s}}\n' "${found[*]}" >&3
)

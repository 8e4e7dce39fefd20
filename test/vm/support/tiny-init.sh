#!/bin/busybox sh
# The whole system of a guest that only has to be there: an address, and something that accepts connections on port 22.
set -eu

/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
while read -r module; do
  /bin/busybox insmod "/modules/$module.ko"
done </modules/order
/bin/busybox ip link set eth0 up
/bin/busybox ip address add 198.18.81.10/24 dev eth0
# shellcheck disable=SC2016 # awk expands it
echo "tiny guest: $(/bin/busybox nproc) CPU, $(/bin/busybox awk '/MemTotal/ { print $2 }' /proc/meminfo) KiB, disk of $(/bin/busybox cat /sys/block/vda/size) sectors" >/dev/console
exec /bin/busybox nc -ll -p 22 -e /bin/busybox true

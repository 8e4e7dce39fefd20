#!/bin/busybox sh
# First process of a guest: drivers, then the disk, then the files of this run, then the guest's own systemd.
set -eu

/bin/busybox mkdir -p /proc /sys /dev /root
/bin/busybox mount -t devtmpfs dev /dev
while read -r module; do
  /bin/busybox insmod "/modules/$module.ko"
done </modules/order
until [ -b /dev/vda ]; do /bin/busybox usleep 10000; done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox cp -a /files/. /root/
/bin/busybox mount -o move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init

# Puts the runner in place, if the node has none or another, and hands over to it. It comes on the first line of standard
# input (see step.ts) and goes on reading there: the SHA-256 of the runner, the runner in gzip and base64, then what the
# runner reads. A login other than root needs sudo without a password.
set -euo pipefail
umask 077
IFS= read -r hash
IFS= read -r code
root=
[ "$(id -u)" = 0 ] || root="sudo -n"
dir=/usr/local/lib/ebpf-platform
if ! printf "%s  %s\n" "$hash" "$dir/runner" | $root sha256sum --status -c 2>/dev/null; then
  $root mkdir -p -m 755 "$dir"
  new=$($root mktemp "$dir/.runner.XXXXXX")
  base64 -d <<<"$code" | gunzip | $root tee "$new" >/dev/null
  printf "%s  %s\n" "$hash" "$new" | $root sha256sum --status -c ||
    { echo "the runner did not reach $(hostname):$dir whole; make room there and repeat" >&2 && exit 1; }
  $root chmod 755 "$new"
  $root mv -fT "$new" "$dir/runner"
fi
exec $root /bin/bash "$dir/runner" "$1"

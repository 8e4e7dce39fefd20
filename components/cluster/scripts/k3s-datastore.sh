# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are of who sources this
# The datastore of a k3s server: where it is, what kind it is. Sourced after k3s-service.sh, never run.

server_dir=/var/lib/rancher/k3s/server
db=$server_dir/db
token_file=/etc/rancher/k3s/token
# Archives hold the server's token, without which they are of no use: 0700.
archives=/var/lib/ebpf-platform/k3s-snapshots

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

datastore_kind() {
  if [[ -d $db/etcd ]]; then
    echo etcd
  elif [[ -e $db/state.db ]]; then
    echo sqlite
  else
    return 1
  fi
}

# manifest_value FILE KEY: lines "key value".
manifest_value() {
  sed -n "s/^$2 //p" "$1"
}

start_and_wait() { # seconds
  since=$(date '+%F %T')
  restart_until_ready "$1"
}

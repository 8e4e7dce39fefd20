#!/usr/bin/env bash
# Writes an archive of this k3s server's datastore with the server's token. etcd is asked for a snapshot while it runs;
# SQLite's files are copied while k3s is stopped for that moment, so that they are whole. Pods run on meanwhile.
# A step, see runner.sh. Arguments: name (of the archive), keep (archives that stay, 0: all), limit (seconds until k3s
# must be ready again). Answer: {"path", "sha256", "bytes", "kind", "version"}
set -euo pipefail
source "${BASH_SOURCE%/*}/k3s-service.sh"
source "${BASH_SOURCE%/*}/k3s-datastore.sh"
derive_service server

kind=$(datastore_kind) || fail "this node has no datastore of k3s below $db; ask a server"
[[ ${name:?} =~ ^[a-z0-9][a-z0-9.-]{0,62}$ ]] || fail "the name \"$name\" must be lower-case letters, digits, . and -"
private_folders "$archives"
archive=$archives/$name.tar
[[ ! -e $archive ]] || fail "there is a snapshot $name already ($archive); choose another name"
needs=$(du -sk "$db" | cut -f 1)
free=$(df -Pk "$archives" | awk 'NR == 2 { print $4 }')
((free > 2 * needs)) || fail "$archives has $((free / 1024)) MiB free and a snapshot may take $((2 * needs / 1024)); make room there and repeat"

work=$(mktemp -d "$archives/.work.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

copy_etcd() {
  local saved
  : >"$work/before"
  "$binary" etcd-snapshot save --name "$name"
  # k3s adds node and second to the name.
  saved=$(find "$db/snapshots" -maxdepth 1 -type f -name "$name-*" ! -name '*.zip' -newer "$work/before" | head -n 1)
  [[ -n $saved ]] || fail "k3s says it saved a snapshot and $db/snapshots has no new file; look at etcd-snapshot-dir and etcd-snapshot-compress in the server's settings"
  mv "$saved" "$work/datastore"
}

copy_sqlite() {
  systemctl stop "$service"
  local status=0
  tar --create --file "$work/datastore" --directory "$db" . || status=$?
  start_and_wait "${limit:?}" || fail "k3s did not come back after its datastore was copied: $why. Its log ends with: $(log_tail)"
  ((status == 0)) || fail "the files below $db could not be copied; nothing was kept, and k3s runs"
}

"copy_$kind"
cp "$token_file" "$work/token"
{
  printf '%s\n' "format 1" "kind $kind" "version $(version)" "node $(hostname)" "time $(date -u +%FT%TZ)"
  printf 'sha256 %s\n' "$(sha256sum "$work/datastore" | cut -d ' ' -f 1)"
} >"$work/manifest"
tar --create --file "$work/archive" --directory "$work" manifest datastore token
chmod 0600 "$work/archive"
mv "$work/archive" "$archive"

if ((${keep:?} > 0)); then
  find "$archives" -maxdepth 1 -name '*.tar' -printf '%T@ %p\n' | sort -rn | tail -n "+$((keep + 1))" | cut -d ' ' -f 2- |
    while read -r old; do rm -f "$old"; done
fi
printf '{"path":"%s","sha256":"%s","bytes":%s,"kind":"%s","version":"%s"}\n' \
  "$archive" "$(sha256sum "$archive" | cut -d ' ' -f 1)" "$(stat -c %s "$archive")" "$kind" "$(version)" >&3

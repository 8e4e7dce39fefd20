#!/usr/bin/env bash
# Puts an archive of k3s-snapshot.sh in the place of this server's datastore. Whatever fails, the datastore that was
# there is back and k3s runs on it. What was replaced is kept in one copy. With etcd this server is the only member
# afterwards; the others join again with empty datastores (k3s-member.sh).
# A step, see runner.sh. Arguments: archive (a path on this node), limit (seconds until k3s must be ready).
# Answer: {"kind", "taken", "before"}: when the archive was made, and where the replaced datastore is.
set -euo pipefail
source "${BASH_SOURCE%/*}/k3s-service.sh"
source "${BASH_SOURCE%/*}/k3s-datastore.sh"
derive_service server

private_folders "$archives"
work=$archives/.restore
before=$server_dir/db.before-restore
# A run that was killed may have moved the datastore away and not brought it back.
if [[ -e $work/moved && -d $before && ! -e $work/done ]]; then
  echo "an earlier restore was cut off; its replaced datastore is put back first"
  systemctl stop "$service"
  rm -rf --one-file-system "$db"
  mv -T "$before" "$db"
  start_and_wait "${limit:?}" || fail "k3s does not come up on the datastore that an earlier restore had replaced: $why. Its log ends with: $(log_tail)"
fi
rm -rf --one-file-system "$work"
mkdir -m 0700 "$work"

check_archive() {
  [[ -f ${archive:?} ]] || fail "there is no $archive on this node; list the snapshots with: platform snapshot <stack> --list"
  tar --extract --file "$archive" --directory "$work" manifest datastore token 2>/dev/null ||
    fail "$archive is no snapshot of ours or was cut off; nothing was changed"
  [[ $(manifest_value "$work/manifest" format) == 1 ]] || fail "$archive is of another version of this project; nothing was changed"
  [[ $(sha256sum "$work/datastore" | cut -d ' ' -f 1) == $(manifest_value "$work/manifest" sha256) ]] ||
    fail "$archive is damaged: its datastore has another SHA-256 than its manifest says; nothing was changed"
  kind=$(manifest_value "$work/manifest" kind)
  local here theirs ours
  here=$(datastore_kind) || here=$kind # a new server in place of a lost one
  [[ $here == "$kind" ]] || fail "$archive is of a datastore $kind and this server has $here; nothing was changed"
  theirs=$(manifest_value "$work/manifest" version) ours=$(version)
  [[ $(printf '%s\n' "$theirs" "$ours" | sort -V | head -n 1) == "$theirs" ]] ||
    fail "$archive was taken with k3s $theirs and this server runs the older $ours; upgrade it first. Nothing was changed"
}

# The archive's token opens its datastore, and only that one.
same_token() {
  [[ $(sed 's/.*:://; s/^[^:]*://' "$work/token") == "$(sed 's/.*:://; s/^[^:]*://' "$token_file")" ]]
}

move_away() {
  systemctl stop "$service"
  rm -rf --one-file-system "$before"
  : >"$work/moved"
  if [[ -d $db ]]; then mv -T "$db" "$before"; fi
  mkdir -m 0700 "$db"
}

fill() {
  if [[ $kind == sqlite ]]; then
    tar --extract --file "$work/datastore" --directory "$db"
  else
    # It ends by itself once etcd has the snapshot.
    timeout -k 10 "${limit:?}" "$binary" server --cluster-reset --cluster-reset-restore-path="$work/datastore"
  fi
}

put_back() { # reason
  local said
  said=$(log_tail)
  systemctl stop "$service"
  if [[ -d $before ]]; then
    rm -rf --one-file-system "$db"
    mv -T "$before" "$db"
  fi
  : >"$work/done"
  if start_and_wait "$limit"; then
    fail "the snapshot was not restored: $1. The datastore that was there is back and k3s runs on it. The log ended with: $said"
  fi
  fail "the snapshot was not restored: $1; the datastore that was there is back in $db, and k3s does not come up: $why. The log ends with: $(log_tail)"
}

since=$(date '+%F %T')
check_archive
same_token || fail "$archive was taken under another server token, which opens its datastore; put the token of that time into secrets (it is the file token in the archive), or choose a later snapshot. Nothing was changed"
move_away
fill || put_back "the datastore could not be filled"
start_and_wait "$limit" || put_back "$why"
: >"$work/done"
taken=$(manifest_value "$work/manifest" time)
rm -rf --one-file-system "$work"
printf '{"kind":"%s","taken":"%s","before":"%s"}\n' "$kind" "$taken" "$before" >&3

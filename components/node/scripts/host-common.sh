# shellcheck shell=bash
# What the scripts of all drivers of virtual machines share. Sourced, never run. Variable of the step: subject, for messages.

# fail SENTENCE: ends the step; the sentence is the last line, where an engine shows it.
fail() {
  printf '%s: %s\n' "$subject" "$1" >&2
  exit 1
}

# lock FILE WHAT: one at a time; the lock ends with the script. Its file is removed by who removes the folder.
lock() {
  local descriptor
  mkdir -p "${1%/*}"
  exec {descriptor}>"$1"
  flock -w 900 "$descriptor" || fail "another $2 has run for 15 minutes; end it and repeat"
}

# value KEY FILE: of a line KEY=VALUE; empty where there is none.
value() {
  [[ ! -f $2 ]] || sed -n "s/^$1=//p" "$2"
}

# replace FILE: standard input becomes the file, whole or not at all.
replace() {
  cat >"$1.new"
  mv -f "$1.new" "$1"
}

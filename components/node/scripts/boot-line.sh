#!/usr/bin/env bash
# Puts the security modules into the command line that GRUB boots the kernel with. A step, see runner.sh.
# Arguments: lsm (comma-separated, `bpf` among them).
set -euo pipefail

file=/etc/default/grub.d/99-ebpf-platform.cfg
# At the end of the default line: of several lsm= the kernel takes the last.
text="# Written by ebpf-platform.
GRUB_CMDLINE_LINUX_DEFAULT=\"\$GRUB_CMDLINE_LINUX_DEFAULT lsm=${lsm:?}\"
"
if [[ ! -e $file ]] || ! cmp -s "$file" <(printf '%s' "$text"); then
  printf '%s' "$text" >"$file.new"
  mv -f "$file.new" "$file"
fi
update-grub

# shellcheck shell=bash
# Whether this hypervisor can run guests on its processor. Sourced, never run. Sets accel_found and accel_reason.

# A /dev/kvm proves nothing: there are ones that start no stock kernel. So a guest is run, within this many seconds.
proof_seconds=20

find_emulator() {
  local name
  for name in "qemu-system-$(uname -m)" /usr/libexec/qemu-kvm kvm; do
    if emulator=$(command -v "$name"); then return 0; fi
  done
  fail "this hypervisor has no qemu-system-$(uname -m); install it and repeat"
}

# The newest kernel of this host that can be read; nothing on hosts that keep none.
host_kernel() {
  local file found=''
  for file in /boot/vmlinuz-*; do
    if [[ -r $file && -s $file && (-z $found || $file -nt $found) ]]; then found=$file; fi
  done
  printf '%s' "$found"
}

# The kernel finds no root and says so: it has come up.
prove_by_kernel() {
  local machine=q35 console=ttyS0 output status=0
  if [[ $(uname -m) == aarch64 ]]; then machine=virt,gic-version=host console=ttyAMA0; fi
  output=$(timeout -k 2 "$proof_seconds" "$emulator" -machine "$machine,accel=kvm" -cpu host -m 256 -nodefaults \
    -display none -no-reboot -serial stdio -kernel "$1" -append "console=$console panic=-1" </dev/null 2>&1 | tr -d '\000') || status=$?
  [[ $output != *"Kernel panic - not syncing: VFS"* ]] || return 0
  explain "$status" "$output"
}

explain() {
  if (($1 == 124 || $1 == 137)); then
    accel_reason="a guest did not come up within $proof_seconds s under KVM"
  else
    accel_reason="a guest under KVM ended with status $1: $(printf '%s' "$2" | tail -n 1 | cut -c 1-200)"
  fi
  return 1
}

proven() {
  local kernel
  accel_reason=''
  [[ -e /dev/kvm ]] || { accel_reason="there is no /dev/kvm (no virtualization, or its module is not loaded)" && return 1; }
  find_emulator
  kernel=$(host_kernel)
  # A boot sector proves too little: there are hosts whose KVM runs one, slowly, and no kernel.
  [[ -n $kernel ]] || { accel_reason="this host keeps no kernel in /boot to prove KVM with" && return 1; }
  prove_by_kernel "$kernel"
}

# shellcheck disable=SC2034 # libvirt-host-up.sh answers with them
choose_accel() {
  accel_found=$1 accel_reason='as the config says'
  case $1 in
  tcg) ;;
  kvm) proven || fail "hypervisor.accel is kvm, and $accel_reason; mend it, or write auto or tcg (emulation, ten and more times slower)" ;;
  auto)
    accel_found=kvm
    if proven; then accel_reason='a guest came up under KVM'; else accel_found=tcg; fi
    ;;
  esac
}

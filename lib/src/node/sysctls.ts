/** Kernel settings by their sysctl name. */
export type Sysctls = Readonly<Record<string, string>>;

/** What BPF needs: compiled programs, and none from whoever is not root. */
export const BPF_SYSCTLS: Sysctls = {
  "net.core.bpf_jit_enable": "1",
  // 1 holds until the next boot whoever asks; 2, the default of Debian and Ubuntu, root may take back.
  "kernel.unprivileged_bpf_disabled": "1",
};

/**
 * What the kubelet refuses to start without under `protect-kernel-defaults` (k3s hardening guide, "Ensure
 * protect-kernel-defaults is set"; the two limits of keys are the kubelet's own, pkg/util/sysctl/sysctl.go).
 */
export const KUBELET_SYSCTLS: Sysctls = {
  "vm.panic_on_oom": "0",
  "vm.overcommit_memory": "1",
  "kernel.panic": "10",
  "kernel.panic_on_oops": "1",
  "kernel.keys.root_maxkeys": "1000000",
  "kernel.keys.root_maxbytes": "25000000",
};

/**
 * CIS Debian Linux 12 and Ubuntu 24.04 benchmarks, 1.5 and 3.3. Left out, because a node of a cluster is a router:
 * ip_forward off, forwarding off, rp_filter strict (Cilium answers on other interfaces than it was asked on), and
 * log_martians (direct server return makes every answer one).
 */
export const CIS_SYSCTLS: Sysctls = {
  "fs.suid_dumpable": "0",
  "fs.protected_hardlinks": "1",
  "fs.protected_symlinks": "1",
  "kernel.dmesg_restrict": "1",
  // Not 2: that hides kernel addresses from root too, and with them every kprobe by address.
  "kernel.kptr_restrict": "1",
  "kernel.randomize_va_space": "2",
  "net.core.bpf_jit_harden": "1",
  "net.ipv4.conf.all.accept_redirects": "0",
  "net.ipv4.conf.all.accept_source_route": "0",
  "net.ipv4.conf.all.secure_redirects": "0",
  "net.ipv4.conf.all.send_redirects": "0",
  "net.ipv4.conf.default.accept_redirects": "0",
  "net.ipv4.conf.default.accept_source_route": "0",
  "net.ipv4.conf.default.secure_redirects": "0",
  "net.ipv4.conf.default.send_redirects": "0",
  "net.ipv4.icmp_echo_ignore_broadcasts": "1",
  "net.ipv4.icmp_ignore_bogus_error_responses": "1",
  "net.ipv4.tcp_syncookies": "1",
  "net.ipv6.conf.all.accept_redirects": "0",
  "net.ipv6.conf.all.accept_source_route": "0",
  "net.ipv6.conf.default.accept_redirects": "0",
  "net.ipv6.conf.default.accept_source_route": "0",
};

/** The drop-in's text: one setting a line, sorted. */
export function renderSysctls(sysctls: Sysctls): string {
  const lines = Object.entries(sysctls)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} = ${value}`);
  return `# Written by ebpf-platform; a change here is undone by the next update.\n${lines.join("\n")}\n`;
}

import fc from "fast-check";

/** Takes the absent fields out: upstream reads null as absent, and absent is the case worth having. */
const partial = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });
const of = (...values: readonly unknown[]) => fc.constantFrom(...values);

const seccomp = partial({ type: of("RuntimeDefault", "Localhost", "Unconfined", "") });
const appArmor = partial({ type: of("RuntimeDefault", "Localhost", "Unconfined", "") });
const seLinux = partial({
  type: of("", "container_t", "container_init_t", "container_engine_t", "spc_t"),
  user: of("", "system_u"),
  role: of("", "sysadm_r"),
});
const shared = {
  runAsNonRoot: fc.boolean(),
  runAsUser: of(0, 1, 1000),
  seccompProfile: seccomp,
  appArmorProfile: appArmor,
  seLinuxOptions: seLinux,
  windowsOptions: partial({ hostProcess: fc.boolean() }),
};
const capabilities = partial({
  add: fc.array(of("NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN", "ALL"), { maxLength: 2 }),
  drop: fc.array(of("ALL", "NET_RAW"), { maxLength: 2 }),
});
const containerContext = partial({
  ...shared,
  privileged: fc.boolean(),
  allowPrivilegeEscalation: fc.boolean(),
  procMount: of("Default", "Unmasked"),
  capabilities,
});
const handler = partial({
  httpGet: partial({ host: of("", "127.0.0.1"), port: of(80) }),
  tcpSocket: partial({ host: of("", "10.0.0.1"), port: of(80) }),
});

/** Confined enough for the restricted level, so that one more field decides. */
const confined = fc.constant({
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
});
const container = partial({
  securityContext: fc.oneof({ weight: 3, arbitrary: confined }, containerContext),
  ports: fc.array(partial({ containerPort: of(80), hostPort: of(0, 80) }), { maxLength: 2 }),
  livenessProbe: handler,
  readinessProbe: handler,
  startupProbe: handler,
  lifecycle: partial({ postStart: handler, preStop: handler }),
});
const containers = fc
  .array(container, { minLength: 1, maxLength: 2 })
  .map((list) => list.map((item, index) => ({ name: `c${index}`, image: "i", ...item })));
const volume = fc.oneof(
  partial({ emptyDir: of({}) }),
  partial({ configMap: of({ name: "c" }) }),
  partial({ image: of({ reference: "i" }) }),
  partial({ hostPath: of({ path: "/" }) }),
  partial({ nfs: of({ server: "s", path: "/" }) }),
  partial({ csi: of({ driver: "d" }) }),
);

/** Pods around the edges of every check of the Pod Security Standards. */
export const randomPod = fc
  .record({
    annotations: partial({
      "container.apparmor.security.beta.kubernetes.io/c0": of(
        "runtime/default",
        "localhost/p",
        "unconfined",
        "",
      ),
      "seccomp.security.alpha.kubernetes.io/pod": of("unconfined", "runtime/default"),
    }),
    spec: partial({
      hostNetwork: fc.boolean(),
      hostPID: fc.boolean(),
      hostIPC: fc.boolean(),
      hostUsers: fc.boolean(),
      os: partial({ name: of("linux", "windows") }),
      securityContext: partial({
        ...shared,
        sysctls: fc.array(fc.record({ name: of("net.ipv4.tcp_rmem", "kernel.msgmax"), value: of("1") }), {
          maxLength: 2,
        }),
      }),
      containers,
      initContainers: containers,
      ephemeralContainers: containers,
      volumes: fc.array(volume, { maxLength: 3 }),
    }),
  })
  .map(({ annotations, spec }) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "random", annotations },
    spec,
  }));

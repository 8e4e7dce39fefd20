import { rule as B01 } from "./B01-enforce-after-audit";
import { rule as B02 } from "./B02-object-from-lock";
import { rule as C01 } from "./C01-k3s-hardened";
import { rule as C02 } from "./C02-k3s-pinned";
import { rule as C03 } from "./C03-secure-join";
import { rule as C04 } from "./C04-private-kubeconfig";
import { rule as C05 } from "./C05-cilium-instead";
import { rule as G01 } from "./G01-stage-not-laxer";
import { rule as G02 } from "./G02-after-cni-gate";
import { rule as H01 } from "./H01-host-key-pinned";
import { rule as H02 } from "./H02-key-login";
import { rule as H03 } from "./H03-dial-and-run-bounded";
import { rule as H04 } from "./H04-delete-before-replace";
import { rule as H05 } from "./H05-no-pipe-to-shell";
import { rule as H06 } from "./H06-no-output-in-environment";
import { rule as H07 } from "./H07-commands-only-by-node-command";
import { rule as K01 } from "./K01-no-host-namespaces";
import { rule as K02 } from "./K02-not-privileged";
import { rule as K03 } from "./K03-baseline-capabilities";
import { rule as K04 } from "./K04-no-host-path";
import { rule as K05 } from "./K05-no-host-port";
import { rule as K06 } from "./K06-no-probe-host";
import { rule as K07 } from "./K07-apparmor-confined";
import { rule as K08 } from "./K08-selinux-types";
import { rule as K09 } from "./K09-masked-proc";
import { rule as K10 } from "./K10-seccomp-confined";
import { rule as K11 } from "./K11-safe-sysctls";
import { rule as K12 } from "./K12-no-windows-host-process";
import { rule as K13 } from "./K13-restricted-volumes";
import { rule as K14 } from "./K14-no-privilege-escalation";
import { rule as K15 } from "./K15-run-as-non-root";
import { rule as K16 } from "./K16-no-root-user";
import { rule as K17 } from "./K17-seccomp-set";
import { rule as K18 } from "./K18-drop-all-capabilities";
import { rule as K19 } from "./K19-image-digest";
import { rule as K20 } from "./K20-image-tag";
import { rule as K21 } from "./K21-image-registry";
import { rule as K22 } from "./K22-resources";
import { rule as K23 } from "./K23-probes";
import { rule as K24 } from "./K24-read-only-root";
import { rule as K25 } from "./K25-no-default-token";
import { rule as K26 } from "./K26-spread-in-prod";
import { rule as M01 } from "./M01-chart-pinned";
import { rule as M02 } from "./M02-release-name";
import { rule as M03 } from "./M03-release-source";
import { rule as M04 } from "./M04-grafana-login";
import { rule as M05 } from "./M05-vault-production";
import { rule as M06 } from "./M06-argocd-closed";
import { rule as M07 } from "./M07-sensors-on";
import { rule as N01 } from "./N01-namespace-labels";
import { rule as N02 } from "./N02-default-deny";
import { rule as N03 } from "./N03-no-world-egress";
import { rule as N04 } from "./N04-dns-by-name";
import { rule as N05 } from "./N05-no-exposed-service";
import { rule as N06 } from "./N06-tls";
import { rule as P01 } from "./P01-release-lock";
import { rule as P02 } from "./P02-gate-file";
import { rule as R01 } from "./R01-no-wildcards";
import { rule as R02 } from "./R02-no-cluster-admin";
import { rule as R03 } from "./R03-no-escalation-verbs";
import { rule as R04 } from "./R04-no-cluster-wide-secrets";
import { rule as R05 } from "./R05-no-pod-entry";
import { rule as R06 } from "./R06-no-broad-groups";
import { rule as S01 } from "./S01-no-secret-literal";
import { rule as S02 } from "./S02-secret-inputs";
import { rule as S03 } from "./S03-secret-outputs";
import { rule as S04 } from "./S04-no-logging";
import { rule as S05 } from "./S05-no-literal-secret";
import { rule as V01 } from "./V01-machine-size";
import { rule as V02 } from "./V02-protected";
import { rule as W01 } from "./W01-waivers-in-force";
import type { Rule } from "../rule";

/** Every rule, by id. A test compares this list with the files of the folder. */
export const rules: readonly Rule[] = [
  B01,
  B02,
  C01,
  C02,
  C03,
  C04,
  C05,
  G01,
  G02,
  H01,
  H02,
  H03,
  H04,
  H05,
  H06,
  H07,
  K01,
  K02,
  K03,
  K04,
  K05,
  K06,
  K07,
  K08,
  K09,
  K10,
  K11,
  K12,
  K13,
  K14,
  K15,
  K16,
  K17,
  K18,
  K19,
  K20,
  K21,
  K22,
  K23,
  K24,
  K25,
  K26,
  M01,
  M02,
  M03,
  M04,
  M05,
  M06,
  M07,
  N01,
  N02,
  N03,
  N04,
  N05,
  N06,
  P01,
  P02,
  R01,
  R02,
  R03,
  R04,
  R05,
  R06,
  S01,
  S02,
  S03,
  S04,
  S05,
  V01,
  V02,
  W01,
];

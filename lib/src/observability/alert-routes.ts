import type { AlertingConfig, AlertReceiver } from "../config";

/** Where Alertmanager finds the Secrets that its resource names (prometheus-operator, `spec.secrets`). */
const SECRETS_FOLDER = "/etc/alertmanager/secrets";
/** What goes to nobody: the alert that always fires, and the one that exists to silence others. */
const NOBODY = "nobody";

/**
 * The configuration of Alertmanager: each receiver gets the severities it asks for, and a cause silences what follows from
 * it. Without receivers everything ends at nobody. Credentials are files of a Secret, never texts.
 */
export function alertmanagerConfig(alerting: AlertingConfig | undefined) {
  const receivers = alerting?.receivers ?? [];
  return {
    route: {
      receiver: NOBODY,
      group_by: ["alertname", "namespace"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
      routes: [
        { receiver: NOBODY, matchers: ['alertname=~"Watchdog|InfoInhibitor"'] },
        ...receivers.map(({ name, severities }) => ({
          receiver: name,
          matchers: [`severity=~"${severities.join("|")}"`],
          // The next receiver is asked too.
          continue: true,
        })),
      ],
    },
    inhibit_rules: [
      silences('severity="critical"', 'severity=~"warning|info"', ["alertname", "namespace"]),
      silences('severity="warning"', 'severity="info"', ["alertname", "namespace"]),
      // From kube-prometheus: information alone wakes nobody.
      silences('alertname="InfoInhibitor"', 'severity="info"', ["namespace"]),
      // Counters that are old say nothing about now.
      silences('alertname="BpfMetricsOld"', 'alertname=~"Bpf.*|ApplicationDoesNotAnswer|LoadBalancerDrops"', [
        "instance",
      ]),
    ],
    receivers: [{ name: NOBODY }, ...receivers.map((each) => receiver(each, alerting?.secret ?? ""))],
  };
}

/** An alert that matches `source` silences those that match `target` and have equal labels, itself excepted. */
function silences(source: string, target: string, equal: readonly string[]) {
  const [, name] = /^alertname="(\w+)"$/.exec(source) ?? [];
  return {
    source_matchers: [source],
    target_matchers: [target, ...(name === undefined ? [] : [`alertname!="${name}"`])],
    equal,
  };
}

function receiver(each: AlertReceiver, secret: string): { name: string } & Record<string, unknown> {
  const file = `${SECRETS_FOLDER}/${secret}/${each.name}`;
  const { name } = each;
  switch (each.kind) {
    case "slack":
      return { name, slack_configs: [{ api_url_file: file, channel: each.channel, send_resolved: true }] };
    case "pagerduty":
      return { name, pagerduty_configs: [{ routing_key_file: file, send_resolved: true }] };
    case "opsgenie":
      return { name, opsgenie_configs: [{ api_key_file: file, send_resolved: true }] };
    case "webhook":
      return {
        name,
        webhook_configs: [
          {
            url: each.url,
            send_resolved: true,
            http_config: { authorization: { type: "Bearer", credentials_file: file } },
          },
        ],
      };
  }
}

/** Names outside that the receivers are at, port 443. */
export function receiverNames(alerting: AlertingConfig | undefined): string[] {
  const hosts = (alerting?.receivers ?? []).map((each) => {
    switch (each.kind) {
      case "slack":
        return "hooks.slack.com";
      case "pagerduty":
        return "events.pagerduty.com";
      case "opsgenie":
        return "api.opsgenie.com";
      case "webhook":
        return new URL(each.url).hostname;
    }
  });
  return [...new Set(hosts)].sort();
}

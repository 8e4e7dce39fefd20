/** A sample of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-z_][a-z0-9_]*)\{(.*)\} (\S+)$/;

/**
 * Reads a text file of metrics as strictly as Prometheus does: HELP and TYPE before the samples, samples of a metric
 * together, no sample twice, histograms whole. Throws at the first line that breaks a rule.
 */
export function parsePrometheus(text: string): Sample[] {
  const samples: Sample[] = [];
  const seen = new Set<string>();
  const families = new Set<string>();
  let family = "";
  let type = "";
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no end");
  for (const line of text.split("\n").slice(0, -1)) {
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const kind = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (help) {
      family = help[1]!;
      if (families.has(family)) throw new Error(`${family} stands in two places`);
      families.add(family);
    } else if (kind) {
      if (kind[1] !== family) throw new Error(`TYPE of ${kind[1]!} after HELP of ${family}`);
      type = kind[2]!;
      if ((type === "counter") !== family.endsWith("_total")) throw new Error(`${family} is a ${type}`);
    } else {
      const match = LINE.exec(line);
      if (!match) throw new Error(`no sample: ${line}`);
      const [, name = "", inner = "", number = ""] = match;
      const base = type === "histogram" ? name.replace(/_(bucket|sum|count)$/, "") : name;
      if (base !== family) throw new Error(`${name} among the samples of ${family}`);
      const labels = Object.fromEntries(
        [...inner.matchAll(/([a-z_][a-z0-9_]*)="((?:[^"\\]|\\.)*)",?/g)].map(([, key = "", value = ""]) => [
          key,
          value.replace(/\\(.)/g, "$1"),
        ]),
      );
      const value = number === "+Inf" ? Infinity : Number(number);
      if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
      const identity = line.slice(0, line.lastIndexOf(" "));
      if (seen.has(identity)) throw new Error(`twice: ${identity}`);
      seen.add(identity);
      samples.push({ name, labels, value });
    }
  }
  return samples;
}

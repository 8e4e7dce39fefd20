import { isCommand, scriptsOf } from "../commands";
import { type Rule, must } from "../rule";
import { stepTexts } from "../step-input";

const piped = /\b(curl|wget)\b[^\n;]*\|\s*(sudo\s+(-\S+\s+)*)?(ba|da|z|k)?sh\b/;
const substituted = /\b(ba|da|z|k)?sh\s+(-\w+\s+)*(-c\s+)?["']?(<\(|\$\()\s*(curl|wget)\b/;
const download = /\b(curl|wget)\b[^\n]*(https?|ftp):\/\//;
const checked = /\bsha256sum\b[^\n]*(-c|--check)|\bsha256sum\s+--?c/;

function isSafe(text: string): boolean {
  const script = text.replace(/\\\n/g, " ");
  if (piped.test(script) || substituted.test(script)) return false;
  const found = download.exec(script);
  return found === null || checked.test(script.slice(found.index));
}

export const rule: Rule = {
  id: "H05",
  name: "no-pipe-to-shell",
  severity: "high",
  what: "No command pipes a download into a shell, and one that downloads checks a SHA-256.",
  why: "Whoever holds the server or the way to it then holds the node.",
  remediation: "Download to a file, run sha256sum --check against the release lock, then use it.",
  url: "https://docs.k3s.io/installation/airgap",
  frameworks: { owasp: ["K07"], attack: ["T1195.002", "T1105"] },
  level: "mandatory",
  resource: (resource) => {
    if (!isCommand(resource)) return [];
    const stdin = resource.props.at("stdin");
    const texts = [...scriptsOf(resource), ...(stdin.absent ? [] : [stdin]), ...stepTexts(stdin)];
    return texts.flatMap((field) =>
      must(field, (text) => typeof text !== "string" || isSafe(text), "runs a download unchecked"),
    );
  },
};

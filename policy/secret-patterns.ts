/** What a secret looks like, named so that a finding can say which without showing the value. */
interface Pattern {
  readonly name: string;
  readonly form: RegExp;
}

const patterns: readonly Pattern[] = [
  { name: "a private key (PEM)", form: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----/ },
  { name: "a k3s token", form: /\bK10[0-9a-f]{8,}::[^\s:]+:?[^\s]*/ },
  { name: "a kubeadm bootstrap token", form: /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/ },
  { name: "a Vault token", form: /\b(hv[sbr]\.[A-Za-z0-9_-]{20,}|s\.[A-Za-z0-9]{24}\b)/ },
  { name: "a JSON web token", form: /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/ },
  { name: "an AWS access key", form: /\b(AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: "a Google API key", form: /\bAIza[0-9A-Za-z_-]{35}\b/ },
  { name: "an Azure storage key", form: /AccountKey=[A-Za-z0-9+/]{80,}={0,2}/ },
  { name: "a GitHub token", form: /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/ },
  { name: "a GitLab token", form: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  { name: "a Slack token", form: /\bxox[abeprs]-[A-Za-z0-9-]{10,}/ },
  { name: "a Pulumi access token", form: /\bpul-[0-9a-f]{40}\b/ },
  { name: "an npm token", form: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { name: "a password in a URL", form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@$]+:[^\s/@$]{3,}@/i },
  {
    name: "a password in an argument",
    form: /(?:^|[\s;-])(?:password|passwd|token|secret|api[_-]?key)[=:]\s*["']?(?![$"'\s<{*(/])[^\s"';|&]{6,}/i,
  },
];

/** Bits a character, by the frequencies in the word itself (Shannon). */
export function entropy(word: string): number {
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / word.length) * Math.log2(count / word.length);
  return bits;
}

/** Hashes and public things that look random and may be shown. */
function isPublic(word: string): boolean {
  return (
    /^[0-9a-f]+$/i.test(word) || // digests: sha1, sha256, git commits
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word) || // UUIDs
    /^AAAA[A-Z0-9]/i.test(word) || // SSH public keys: a length that begins with three zero bytes
    /^(.)\1+$/.test(word)
  );
}

/**
 * A word of 20 and more letters and digits, mixed as a generator mixes them: upper and lower case and digits,
 * no separators that words, paths and options have, at least 4 bits a character (20 random base64 characters
 * have 4.1 on average, camel-cased words of that length 3.6).
 */
function isRandomWord(word: string): boolean {
  if (isPublic(word) || !/[a-z]/.test(word) || !/[A-Z]/.test(word)) return false;
  const digits = word.match(/[0-9]/g)?.length ?? 0;
  return digits >= 2 && entropy(word) >= 4;
}

/** Names the first thing in the text that has the form of a known kind of secret, or undefined. */
export function knownSecret(text: string): string | undefined {
  return patterns.find(({ form }) => form.test(text))?.name;
}

/** As `knownSecret`, and randomly generated words count too. */
export function secretLooking(text: string): string | undefined {
  const known = knownSecret(text);
  if (known !== undefined) return known;
  const words = text.match(/[A-Za-z0-9+/_-]{20,}={0,2}/g) ?? [];
  return words.some((word) => !/^[/_-]|\/.*\/|[_-].*[_-]/.test(word) && isRandomWord(word))
    ? "a word that looks randomly generated"
    : undefined;
}

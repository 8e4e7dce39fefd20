/** An image reference, taken apart as `docker` and containerd do. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** `registry/repository:tag@digest`; the first part is a registry if it has a dot or a port, or is `localhost`. */
export function parseImage(reference: string): ImageReference {
  const [name = "", digest] = reference.split("@");
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasRegistry = first === "localhost" || /[.:]/.test(first);
  const registry = hasRegistry ? first : "docker.io";
  const rest = hasRegistry ? name.slice(slash + 1) : name;
  const colon = rest.lastIndexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  return {
    registry,
    repository: registry === "docker.io" && !path.includes("/") ? `library/${path}` : path,
    tag: colon < 0 ? undefined : rest.slice(colon + 1),
    digest,
  };
}

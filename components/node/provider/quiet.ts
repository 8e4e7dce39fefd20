/**
 * Runs the work of a provider's method. The provider process prints the stack of what `read` and `delete` throw next to
 * its message (EBPF_PLATFORM_STACKS=1 keeps it); a stack says nothing to a person at a terminal, so an expected error leaves with its sentence only.
 */
export async function quiet<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || process.env.EBPF_PLATFORM_STACKS === "1") throw error;
    const plain = new Error(error.message);
    plain.stack = "";
    throw plain;
  }
}

/** `--offline`: nodes are not asked, and the state is taken as it was last seen. */
export function offline(): boolean {
  return process.env.EBPF_PLATFORM_OFFLINE === "1";
}

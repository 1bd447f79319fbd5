/** What Linux says of a process that it ends: for a fault, or for want of memory. */
const fault = /\b(?:segfault at|traps: |general protection fault|Out of memory: Killed)/;

/** The lines of a kernel's log that tell why a process ended without a word of its own. */
export function faultsIn(log: string): readonly string[] {
  return log.split(/\r?\n/).filter((line) => fault.test(line));
}

/**
 * How many addresses a node is to have of a family: those in use, those that are waited for and `preAllocate` more,
 * rounded up to a multiple of `preAllocate`, so that it does not ask for more with each pod.
 */
export function neededAddresses(inUse: number, pending: number, preAllocate: number): number {
  const wanted = inUse + pending + preAllocate;
  return preAllocate === 0 ? wanted : Math.ceil(wanted / preAllocate) * preAllocate;
}

/**
 * The protocol numbers of our routes: of those to other nodes' pods, and of those to this node's, which entries of the
 * proxy table for these pods have too. Free in the kernel's list (linux/rtnetlink.h) and in iproute2's.
 */
export const routeProtocols = { nodes: 72, pods: 73 } as const;

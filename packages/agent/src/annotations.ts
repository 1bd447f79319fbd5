/** What a pod says to the agent beside what Kubernetes has fields for. */
export const annotations = {
  /** Path of the pod's network namespace; whoever makes the namespace sets it. */
  netns: "heddle.dev/netns",
  /** The addresses that the pod has to get, one of each family at most, separated by commas. */
  addresses: "heddle.dev/addresses",
} as const;

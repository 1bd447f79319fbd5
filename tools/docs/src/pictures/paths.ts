import type { PacketPath, Station } from "./packet-path.ts";

const podA: Station = { kind: "pod", name: "pod a", notes: ["10.244.1.2"] };

const sender: Station = { ...podA, onward: "veth" };

const fromPod: Station = {
  kind: "device",
  name: "hd…",
  program: "from_pod",
  notes: ["sender verified", "flow found or decided", "TTL less 1"],
};

const fromNet: Station = {
  kind: "device",
  name: "eth0",
  program: "from_net",
  notes: ["flow found or decided", "TTL less 1"],
  onward: "redirect_peer",
};

const toNet: Station = {
  kind: "device",
  name: "eth0",
  program: "to_net",
  notes: ["counted"],
  onward: "wire",
};

const podB: Station = { kind: "pod", name: "pod b", notes: ["10.244.2.1"] };

const fromTunnel: Station = {
  ...fromNet,
  notes: ["sender is a node", "header taken off", "source is its pod's", "TTL less 1"],
};

/** The ways that the life of a packet tells of. */
export const paths: readonly PacketPath[] = [
  {
    name: "pod-to-pod-same-node",
    title: "From a pod to a pod of the same node",
    places: [
      {
        name: "node-1",
        stations: [
          sender,
          { ...fromPod, onward: "redirect_peer" },
          { kind: "pod", name: "pod c", notes: ["10.244.1.3"] },
        ],
      },
    ],
  },
  {
    name: "pod-to-pod-direct",
    title: "From a pod to a pod of another node, by direct routing",
    places: [
      { name: "node-1", stations: [sender, { ...fromPod, onward: "redirect_neigh" }, toNet] },
      {
        name: "node-2",
        stations: [fromNet, podB],
      },
    ],
  },
  {
    name: "pod-to-pod-geneve",
    title: "From a pod to a pod of another node, through a Geneve tunnel",
    places: [
      {
        name: "node-1",
        stations: [
          sender,
          {
            ...fromPod,
            notes: ["sender verified", "tunnel found", "TTL less 1", "outer headers put on"],
            onward: "redirect_neigh",
          },
          toNet,
        ],
      },
      { name: "node-2", stations: [fromTunnel, podB] },
    ],
  },
  {
    name: "node-to-pod-geneve",
    title: "From a node to a pod of another node, through a Geneve tunnel",
    places: [
      {
        name: "node-1",
        stations: [
          {
            kind: "kernel",
            name: "kernel",
            notes: ["route to the pods", "MTU of tunnels"],
            onward: "route",
          },
          {
            kind: "device",
            name: "heddle-tun",
            program: "to_tunnel",
            notes: ["tunnel found", "outer headers put on"],
            onward: "redirect_neigh",
          },
          toNet,
        ],
      },
      { name: "node-2", stations: [fromTunnel, podB] },
    ],
  },
  {
    name: "pod-to-node",
    title: "From a pod to its own node",
    places: [
      {
        name: "node-1",
        stations: [
          sender,
          {
            ...fromPod,
            notes: ["sender verified", "the route is local"],
            onward: "left to it",
          },
          { kind: "kernel", name: "kernel", notes: ["192.0.2.1"] },
        ],
      },
    ],
  },
  {
    name: "node-to-pod",
    title: "From a node to its own pod",
    places: [
      {
        name: "node-1",
        stations: [
          { kind: "kernel", name: "kernel", notes: ["route to the pod"], onward: "route" },
          {
            kind: "device",
            name: "hd…",
            program: "to_pod",
            notes: ["address is behind it", "sender is no other pod"],
            onward: "veth",
          },
          podA,
        ],
      },
    ],
  },
  {
    name: "pod-to-outside",
    title: "From a pod to a host outside of the cluster, with the node's address",
    places: [
      {
        name: "node-1",
        stations: [
          sender,
          {
            ...fromPod,
            notes: ["sender verified", "port chosen", "source 192.0.2.1", "TTL less 1"],
            onward: "redirect_neigh",
          },
          { ...toNet, notes: ["translated before", "counted"] },
        ],
      },
      {
        name: "outside",
        stations: [{ kind: "host", name: "host", notes: ["sees 192.0.2.1"] }],
      },
    ],
  },
  {
    name: "outside-answers",
    title: "From a host outside of the cluster back to the pod that asked it",
    places: [
      {
        name: "outside",
        stations: [{ kind: "host", name: "host", notes: ["answers 192.0.2.1"], onward: "wire" }],
      },
      {
        name: "node-1",
        stations: [
          {
            ...fromNet,
            notes: ["alias found", "connection found", "destination pod a", "TTL less 1"],
          },
          podA,
        ],
      },
    ],
  },
  {
    name: "outside-to-pod",
    title: "From outside of the cluster to a pod, by direct routing",
    places: [
      {
        name: "outside",
        stations: [{ kind: "host", name: "host", notes: ["route by node-1"], onward: "wire" }],
      },
      {
        name: "node-1",
        stations: [fromNet, podA],
      },
    ],
  },
  {
    name: "neighbour",
    title: "From a host on the node's link, which asks for the pod first",
    places: [
      {
        name: "outside",
        stations: [
          { kind: "host", name: "host", notes: ["prefix is on the link"], onward: "who has it?" },
        ],
      },
      {
        name: "node-1",
        stations: [
          {
            kind: "device",
            name: "eth0",
            program: "from_net",
            notes: ["device in ndp_devices", "pod in endpoints", "answered by its MAC"],
            onward: "redirect",
          },
          { kind: "device", name: "eth0", program: "to_net", notes: ["counted"], onward: "wire" },
        ],
      },
      { name: "outside", stations: [{ kind: "host", name: "host", notes: ["sends to node-1"] }] },
    ],
  },
];

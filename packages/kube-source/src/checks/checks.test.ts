import { describe, expect, it } from "vitest";
import { allKinds, formatProblem, parseManifests } from "../index.ts";
import { isDnsLabel, isDnsSubdomain, isLabelValue, isPortName, isQualifiedName } from "../names.ts";

/** The problems of one object, without their places. */
function problemsOf(apiVersion: string, kind: string, rest: string): string[] {
  const text = `{apiVersion: ${apiVersion}, kind: ${kind}, ${rest}}`;
  const { objects, problems } = parseManifests(text, { file: "a.yaml", accepted: allKinds });
  expect(objects).toHaveLength(problems.length === 0 ? 1 : 0);
  return problems.map((problem) => formatProblem(problem).replace(/^a\.yaml:1:\d+: /, ""));
}

const named = "metadata: {name: a}";
const long = "a".repeat(64);

describe("metadata", () => {
  const labelHint = "(at most 63 of A-Z, a-z, 0-9, - _ and . with a letter or digit at both ends";

  it.each([
    ["metadata: {}", "metadata.name: required, but missing (give the object a name)"],
    ["labels: {}", "labels: unknown field"],
    [
      "metadata: {generateName: a-}",
      "metadata.name: required, but missing (generateName needs an API server, give a name here)",
    ],
    [
      "metadata: {name: a.b}",
      'metadata.name: "a.b" is not a DNS label (at most 63 of a-z, 0-9 and -, with a letter or digit at both ends)',
    ],
    ["metadata: {name: ''}", 'metadata.name: "" is not a DNS label'],
    [
      `metadata: {name: a, labels: {a: ${long}}}`,
      `metadata.labels.a: "${long}" is not a label's value ${labelHint}`,
    ],
    [
      "metadata: {name: a, labels: {-a: b}}",
      `metadata.labels["-a"]: "-a" is not a label's key ${labelHint}`,
    ],
    [
      "metadata: {name: a, labels: {X.y/a: b}}",
      `metadata.labels["X.y/a"]: "X.y/a" is not a label's key`,
    ],
    [
      "metadata: {name: a, annotations: {a/b/c: d}}",
      `metadata.annotations["a/b/c"]: "a/b/c" is not an annotation's key`,
    ],
  ])("%s", (rest, expected) => {
    expect(problemsOf("v1", "Namespace", rest)[0]).toContain(expected);
  });

  it("of a namespaced object has a namespace that is a label", () => {
    expect(
      problemsOf("v1", "Service", "metadata: {name: a, namespace: a.b}, spec: {clusterIP: None}"),
    ).toEqual([expect.stringContaining('metadata.namespace: "a.b" is not a DNS label')]);
  });

  it("may use what Kubernetes allows", () => {
    const labels = "{app.kubernetes.io/Name: A_b.c, x: ''}";
    expect(
      problemsOf(
        "v1",
        "Node",
        `metadata: {name: a.b, labels: ${labels}, annotations: {Example.com/X: ' any '}}`,
      ),
    ).toEqual([]);
  });
});

describe("a pod", () => {
  it.each([
    [
      "spec: {containers: []}",
      "spec.containers: required, but missing (a pod has at least one container)",
    ],
    [
      "spec: {containers: [{name: A, image: x}]}",
      'spec.containers[0].name: "A" is not a DNS label',
    ],
    [
      "spec: {containers: [{name: c}]}",
      "spec.containers[0].image: required, but missing (name the container's image)",
    ],
    [
      "spec: {containers: [{name: c, image: x}, {name: c, image: x}]}",
      'spec.containers[1].name: "c" is used twice (choose another)',
    ],
    [
      "spec: {containers: [{name: c, image: x}], initContainers: [{name: c, image: x}]}",
      'spec.initContainers[0].name: "c" is used twice',
    ],
    [
      "spec: {containers: [{name: c, image: x}], nodeName: A_B}",
      'spec.nodeName: "A_B" is not a DNS name',
    ],
    [
      "spec: {containers: [{name: c, image: x}], hostname: a.b}",
      'spec.hostname: "a.b" is not a DNS label',
    ],
    [
      "spec: {containers: [{name: c, image: x}], subdomain: a.b}",
      'spec.subdomain: "a.b" is not a DNS label',
    ],
    [
      "spec: {containers: [{name: c, image: x}], nodeSelector: {a: _}}",
      `spec.nodeSelector.a: "_" is not a label's value`,
    ],
    [
      "spec: {containers: [{name: c, image: x}], hostAliases: [{ip: 10.0.0.01}]}",
      'spec.hostAliases[0].ip: "10.0.0.01" is not valid: octet "01" has leading zeros, which some programs read as octal (write 1)',
    ],
    [
      "spec: {containers: [{name: c, image: x, ports: [{containerPort: 0}]}]}",
      "spec.containers[0].ports[0].containerPort: 0 is not a port (a port is a number from 1 to 65535)",
    ],
    [
      "spec: {containers: [{name: c, image: x, ports: [{containerPort: 1, hostPort: 65536}]}]}",
      "spec.containers[0].ports[0].hostPort: 65536 is not a port",
    ],
    [
      "spec: {hostNetwork: true, containers: [{name: c, image: x, ports: [{containerPort: 1, hostPort: 2}]}]}",
      "spec.containers[0].ports[0].hostPort: 2 is not the containerPort 1 (a pod on the host's network has no port mapping)",
    ],
    [
      "spec: {containers: [{name: c, image: x, ports: [{containerPort: 1, hostIP: a}]}]}",
      'spec.containers[0].ports[0].hostIP: "a" is not valid: ',
    ],
    [
      "spec: {containers: [{name: c, image: x, ports: [{containerPort: 1, name: HTTP}]}]}",
      `spec.containers[0].ports[0].name: "HTTP" is not a port's name`,
    ],
    [
      "spec: {containers: [{name: c, image: x, ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]}]}",
      'spec.containers[0].ports[1].name: "a" is used twice',
    ],
    [
      "spec: {containers: [{name: c, image: x, livenessProbe: {httpGet: {port: 0}}}]}",
      "spec.containers[0].livenessProbe.httpGet.port: 0 is not a port",
    ],
    [
      "spec: {containers: [{name: c, image: x, readinessProbe: {tcpSocket: {port: '80'}}}]}",
      `spec.containers[0].readinessProbe.tcpSocket.port: "80" is not a port's name`,
    ],
    [
      "spec: {containers: [{name: c, image: x, startupProbe: {grpc: {port: 70000}}}]}",
      "spec.containers[0].startupProbe.grpc.port: 70000 is not a port",
    ],
    [
      "spec: {containers: [{name: c, image: x}]}, status: {podIP: 10.0.0.256}",
      'status.podIP: "10.0.0.256" is not valid: octet "256" is above 255',
    ],
    [
      "spec: {containers: [{name: c, image: x}]}, status: {podIPs: [{ip: 'fe80::1%eth0'}]}",
      'status.podIPs[0].ip: "fe80::1%eth0" is not valid: it carries a zone',
    ],
    [
      "spec: {containers: [{name: c, image: x}]}, status: {podIPs: [{ip: 10.0.0.1}, {ip: 10.0.0.2}]}",
      'status.podIPs[1].ip: "IPv4" is used twice',
    ],
    [
      "spec: {containers: [{name: c, image: x}]}, status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.2}]}",
      "status.podIP: 10.0.0.1 is not the first of the list, 10.0.0.2",
    ],
    [
      "spec: {containers: [{name: c, image: x}]}, status: {hostIPs: [{ip: x}]}",
      'status.hostIPs[0].ip: "x" is not valid',
    ],
  ])("%s", (rest, expected) => {
    expect(problemsOf("v1", "Pod", `${named}, ${rest}`)).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  it("has a spec", () => {
    expect(problemsOf("v1", "Pod", named)).toEqual([
      "spec: required, but missing (a pod has at least one container)",
    ]);
  });

  it("may have one address of each family", () => {
    const status = "{podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}], hostIP: ''}";
    expect(
      problemsOf(
        "v1",
        "Pod",
        `${named}, spec: {containers: [{name: c, image: x}]}, status: ${status}`,
      ),
    ).toEqual([]);
  });
});

describe("a deployment", () => {
  const containers = "containers: [{name: c, image: x}]";
  const template = `template: {metadata: {labels: {a: b}}, spec: {${containers}}}`;
  const selector = "selector: {matchLabels: {a: b}}";

  it.each([
    [`${selector}, ${template}, replicas: -1`, "spec.replicas: -1 is negative (write 0 or more)"],
    [
      `selector: {}, ${template}`,
      "spec.selector: an empty selector selects every pod (repeat the template's labels)",
    ],
    [
      `selector: {matchLabels: {a: c}}, ${template}`,
      "spec.template.metadata.labels: the selector does not select pods with these labels (give the template the labels that spec.selector asks for)",
    ],
    [
      `selector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}, ${template}`,
      "the selector does not select pods with these labels",
    ],
    [
      `selector: {matchExpressions: [{key: x, operator: Exists}]}, ${template}`,
      "the selector does not select pods with these labels",
    ],
    [
      `selector: {matchExpressions: [{key: x, operator: In, values: [b]}]}, ${template}`,
      "the selector does not select pods with these labels",
    ],
    [
      `selector: {matchExpressions: [{key: a, operator: DoesNotExist}]}, ${template}`,
      "the selector does not select pods with these labels",
    ],
    [
      `selector: {matchExpressions: [{key: a, operator: In}]}, ${template}`,
      "spec.selector.matchExpressions[0].values: required, but missing (In compares with at least one value)",
    ],
    [
      `selector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}, ${template}`,
      "spec.selector.matchExpressions[0].values: Exists takes no values (remove the values, or use In or NotIn)",
    ],
    [
      `selector: {matchLabels: {a: b}, matchExpressions: [{key: _, operator: DoesNotExist}]}, ${template}`,
      `spec.selector.matchExpressions[0].key: "_" is not a label's key`,
    ],
    [
      `selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b, _]}]}, ${template}`,
      `spec.selector.matchExpressions[0].values[1]: "_" is not a label's value`,
    ],
    [
      `${selector}, template: {metadata: {labels: {a: b}}}`,
      "spec.template.spec: required, but missing (a pod has at least one container)",
    ],
    [
      `${selector}, template: {metadata: {labels: {a: b}}, spec: {${containers}, restartPolicy: Never}}`,
      "spec.template.spec.restartPolicy: a deployment's pods cannot have Never (write Always, or leave it out)",
    ],
    [
      `${selector}, template: {metadata: {labels: {a: b}, annotations: {_: x}}, spec: {${containers}}}`,
      `spec.template.metadata.annotations._: "_" is not a`,
    ],
    [
      `${selector}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}`,
      "spec.template.spec.containers: required, but missing",
    ],
  ])("%s", (spec, expected) => {
    const found = problemsOf("apps/v1", "Deployment", `${named}, spec: {${spec}}`);
    expect(found).toContainEqual(expect.stringContaining(expected));
  });

  it("has a spec", () => {
    expect(problemsOf("apps/v1", "Deployment", named)).toEqual([
      "spec: required, but missing (a deployment has a selector and a template)",
    ]);
  });

  it("may select by expressions", () => {
    const expressions =
      "[{key: a, operator: In, values: [b]}, {key: a, operator: Exists}, {key: x, operator: NotIn, values: [z]}, {key: x, operator: DoesNotExist}]";
    expect(
      problemsOf(
        "apps/v1",
        "Deployment",
        `${named}, spec: {selector: {matchExpressions: ${expressions}}, ${template}}`,
      ),
    ).toEqual([]);
  });
});

describe("a node", () => {
  it.each([
    [
      "spec: {podCIDR: 10.0.0.1/24}",
      'spec.podCIDR: "10.0.0.1/24" is not valid: host bits are set (write 10.0.0.0/24)',
    ],
    [
      "spec: {podCIDRs: [10.0.0.0]}",
      'spec.podCIDRs[0]: "10.0.0.0" is not valid: the length is missing (write ADDRESS/LENGTH)',
    ],
    ["spec: {podCIDRs: [10.0.0.0/24, 10.0.1.0/24]}", 'spec.podCIDRs[1]: "IPv4" is used twice'],
    [
      "spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.1.0/24]}",
      "spec.podCIDR: 10.0.0.0/24 is not the first of podCIDRs, 10.0.1.0/24",
    ],
    [
      "status: {addresses: [{type: InternalIP, address: node-1}]}",
      'status.addresses[0].address: "node-1" is not valid',
    ],
    [
      "status: {addresses: [{type: InternalIp, address: 10.0.0.1}]}",
      'status.addresses[0].type: "InternalIp" is not one of Hostname, InternalIP, ExternalIP, InternalDNS, ExternalDNS (did you mean `InternalIP`?)',
    ],
  ])("%s", (rest, expected) => {
    expect(problemsOf("v1", "Node", `${named}, ${rest}`)).toEqual([
      expect.stringContaining(expected),
    ]);
  });
});

describe("a service", () => {
  it.each([
    [
      "ports: []",
      "spec.ports: required, but missing (a service with an address has at least one port)",
    ],
    ["ports: [{port: 0}]", "spec.ports[0].port: 0 is not a port"],
    ["ports: [{port: 1, nodePort: 70000}]", "spec.ports[0].nodePort: 70000 is not a port"],
    ["ports: [{port: 1, targetPort: _}]", `spec.ports[0].targetPort: "_" is not a port's name`],
    ["ports: [{port: 1, name: A}]", 'spec.ports[0].name: "A" is not a DNS label'],
    ["ports: [{port: 1, name: a}, {port: 2, name: a}]", 'spec.ports[1].name: "a" is used twice'],
    [
      "ports: [{port: 1, name: a}, {port: 1, name: b, protocol: TCP}]",
      'spec.ports[1].port: "1/TCP" is used twice',
    ],
    [
      "ports: [{port: 1, name: a}, {port: 2}]",
      "spec.ports[1].name: required, but missing (several ports need names)",
    ],
    ["ports: [{port: 1}], clusterIP: x", 'spec.clusterIP: "x" is not valid'],
    [
      "ports: [{port: 1}], clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2]",
      'spec.clusterIP: "10.0.0.1" is not the first of clusterIPs, 10.0.0.2',
    ],
    [
      "ports: [{port: 1}], clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, x]",
      'spec.clusterIPs[1]: "x" is not valid',
    ],
    ["ports: [{port: 1}], externalIPs: [x]", 'spec.externalIPs[0]: "x" is not valid'],
    [
      "ports: [{port: 1}], loadBalancerSourceRanges: [10.0.0.1/8]",
      'spec.loadBalancerSourceRanges[0]: "10.0.0.1/8" is not valid',
    ],
    ["ports: [{port: 1}], selector: {a: _}", `spec.selector.a: "_" is not a label's value`],
    [
      "ports: [{port: 1}], sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}",
      "spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not from 1 to 86400",
    ],
    [
      "type: ExternalName",
      "spec.externalName: required, but missing (name the host that the service stands for)",
    ],
  ])("%s", (spec, expected) => {
    expect(problemsOf("v1", "Service", `${named}, spec: {${spec}}`)).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  it("has a spec", () => {
    expect(problemsOf("v1", "Service", named)).toEqual([expect.stringContaining("spec: required")]);
  });

  it("may use one port for two protocols, and be headless", () => {
    expect(
      problemsOf(
        "v1",
        "Service",
        `${named}, spec: {clusterIP: None, clusterIPs: [None], ports: [{port: 53, name: u, protocol: UDP}, {port: 53, name: t}]}`,
      ),
    ).toEqual([]);
  });
});

describe("an endpoint slice", () => {
  it.each([
    [
      "addressType: IPv4, endpoints: [{addresses: []}]",
      "endpoints[0].addresses: required, but missing (an endpoint has at least one address)",
    ],
    [
      "addressType: IPv4, endpoints: [{addresses: [x]}]",
      'endpoints[0].addresses[0]: "x" is not valid',
    ],
    [
      "addressType: IPv4, endpoints: [{addresses: ['fd00::1']}]",
      "endpoints[0].addresses[0]: fd00::1 is not of the slice's addressType IPv4",
    ],
    [
      "addressType: FQDN, endpoints: [{addresses: [A_b]}]",
      'endpoints[0].addresses[0]: "A_b" is not a DNS name',
    ],
    [
      "addressType: IPv4, endpoints: [{addresses: [10.0.0.1], nodeName: A_B}]",
      'endpoints[0].nodeName: "A_B" is not a DNS name',
    ],
    ["addressType: IPv4, endpoints: [], ports: [{port: 0}]", "ports[0].port: 0 is not a port"],
    [
      "addressType: IPv4, endpoints: [], ports: [{name: A}]",
      'ports[0].name: "A" is not a DNS label',
    ],
    [
      "addressType: IPv4, endpoints: [], ports: [{name: a}, {name: a}]",
      'ports[1].name: "a" is used twice',
    ],
  ])("%s", (rest, expected) => {
    expect(problemsOf("discovery.k8s.io/v1", "EndpointSlice", `${named}, ${rest}`)).toEqual([
      expect.stringContaining(expected),
    ]);
  });
});

describe("a network policy", () => {
  it.each([
    [
      "podSelector: {matchLabels: {a: _}}",
      `spec.podSelector.matchLabels.a: "_" is not a label's value`,
    ],
    [
      "ingress: [{from: [{}]}]",
      "spec.ingress[0].from[0]: an empty peer selects nothing (write a podSelector, a namespaceSelector or an ipBlock; `{}` selects all)",
    ],
    [
      "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]",
      "spec.egress[0].to[0].ipBlock: an ipBlock cannot stand beside a selector (make it two peers)",
    ],
    [
      "egress: [{to: [{ipBlock: {cidr: 10.0.0.1/8}}]}]",
      'spec.egress[0].to[0].ipBlock.cidr: "10.0.0.1/8" is not valid: host bits are set (write 10.0.0.0/8)',
    ],
    [
      "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]",
      "spec.egress[0].to[0].ipBlock.except[0]: 11.0.0.0/16 is not a smaller part of 10.0.0.0/8",
    ],
    [
      "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]",
      "10.0.0.0/8 is not a smaller part of 10.0.0.0/8",
    ],
    [
      "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [x]}}]}]",
      'spec.egress[0].to[0].ipBlock.except[0]: "x" is not valid',
    ],
    [
      "ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}]}]",
      "spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].values: required",
    ],
    ["ingress: [{ports: [{port: 0}]}]", "spec.ingress[0].ports[0].port: 0 is not a port"],
    [
      "ingress: [{ports: [{port: 90, endPort: 80}]}]",
      "spec.ingress[0].ports[0].endPort: 80 is below the port 90 (exchange the two)",
    ],
    [
      "ingress: [{ports: [{port: http, endPort: 80}]}]",
      "spec.ingress[0].ports[0].endPort: a range needs a port by number to begin with",
    ],
    [
      "egress: [{ports: [{port: 80, endPort: 65536}]}]",
      "spec.egress[0].ports[0].endPort: 65536 is not a port",
    ],
    [
      "policyTypes: [ingress]",
      'spec.policyTypes[0]: "ingress" is not one of Ingress, Egress (did you mean `Ingress`?)',
    ],
  ])("%s", (spec, expected) => {
    expect(
      problemsOf("networking.k8s.io/v1", "NetworkPolicy", `${named}, spec: {${spec}}`),
    ).toEqual([expect.stringContaining(expected)]);
  });

  it("has a spec", () => {
    expect(problemsOf("networking.k8s.io/v1", "NetworkPolicy", named)).toEqual([
      expect.stringContaining("spec: required"),
    ]);
  });
});

describe("names", () => {
  it.each([
    [
      isDnsLabel,
      ["a", "0", "a-b", "a".repeat(63)],
      ["", "-a", "a-", "A", "a.b", "a_b", "a".repeat(64)],
    ],
    [
      isDnsSubdomain,
      ["a", "a.b-c.0", "a".repeat(253)],
      ["", ".a", "a.", "a..b", "a.-b", "A", "a".repeat(254)],
    ],
    [
      isPortName,
      ["http", "a-b", "8080-tcp"],
      ["", "80", "a--b", "-a", "a-", "HTTP", "abcdefghijklmnop"],
    ],
    [
      isQualifiedName,
      ["a", "A_b.C", "x.y/a", "a".repeat(63)],
      ["", "/a", "a/", "X/a", "a/b/c", "_a", "a".repeat(64)],
    ],
    [isLabelValue, ["", "a", "A_b.c-0", "a".repeat(63)], ["-", "a-", "a b", "a".repeat(64)]],
  ])("%o", (check, valid, invalid) => {
    expect(valid.filter((text) => !check(text))).toEqual([]);
    expect(invalid.filter((text) => check(text))).toEqual([]);
  });
});

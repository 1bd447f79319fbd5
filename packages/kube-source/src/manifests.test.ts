import { describe, expect, it } from "vitest";
import {
  allKinds,
  formatProblem,
  type Kind,
  ManifestError,
  type Manifests,
  parseManifests,
} from "./index.ts";

function parse(text: string, accepted: readonly Kind[] = allKinds): Manifests {
  return parseManifests(text, { file: "web.yaml", accepted, consumer: "the lab" });
}

function problems(text: string, accepted?: readonly Kind[]): string[] {
  return parse(text, accepted).problems.map(formatProblem);
}

describe("ordinary manifests", () => {
  it("give objects with keys and places", () => {
    const { objects, problems: none } = parse(`# two pods of one file
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  containers:
  - name: web
    image: nginx
    resources: {limits: {cpu: 1, memory: 64Mi}}
---
# and the second
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, creationTimestamp: null}
spec: {containers: [{name: db, image: postgres, ports: [{containerPort: 5432}]}]}
status: {}
`);
    expect(none).toEqual([]);
    expect(objects).toEqual([
      {
        kind: "Pod",
        key: "default/web",
        location: { file: "web.yaml", line: 2, column: 1 },
        object: {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "web", namespace: "default", labels: { app: "web" } },
          spec: {
            containers: [
              {
                name: "web",
                image: "nginx",
                resources: { limits: { cpu: "1", memory: "64Mi" } },
              },
            ],
          },
        },
      },
      {
        kind: "Pod",
        key: "data/db",
        location: { file: "web.yaml", line: 14, column: 1 },
        object: {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "db", namespace: "data" },
          spec: {
            containers: [{ name: "db", image: "postgres", ports: [{ containerPort: 5432 }] }],
          },
          status: {},
        },
      },
    ]);
  });

  it("of every kind are read", () => {
    const { objects, problems: none } = parse(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: DoesNotExist}]}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}
  template:
    metadata: {labels: {app: web}, annotations: {Example.com/Note: "any text: here"}}
    spec:
      containers:
      - name: web
        image: nginx
        env:
        - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 5}
        ports: [{name: http, containerPort: 80}]
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {sizeLimit: 1Gi}}, {name: empty, emptyDir: }]
---
apiVersion: v1
kind: Node
metadata: {name: node-1, creationTimestamp: "2026-01-31T12:00:00Z"}
spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24, "fd00:1::/64"], taints: [{key: a, effect: NoSchedule}]}
status:
  addresses: [{type: InternalIP, address: 192.0.2.1}, {type: InternalIP, address: "2001:db8::1"}, {type: Hostname, address: node-1}]
  capacity: {cpu: 4, memory: 8Gi}
---
apiVersion: v1
kind: Namespace
metadata: {name: data}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}, {name: alt, port: 81, protocol: UDP, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv6
endpoints: [{addresses: ["fd00:1::5"], conditions: {ready: true}, nodeName: node-1}]
ports: [{name: http, port: 80, protocol: TCP}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {matchLabels: {a: b}}}], ports: [{port: 80, endPort: 90}, {port: http}]}]
  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]
`);
    expect(none).toEqual([]);
    expect(objects.map(({ key, kind }) => `${kind} ${key}`)).toEqual([
      "Deployment default/web",
      "Node node-1",
      "Namespace data",
      "Service default/web",
      "EndpointSlice default/web-1",
      "NetworkPolicy default/web",
    ]);
    const node = objects.find((object) => object.kind === "Node");
    expect(node?.object.metadata?.creationTimestamp).toEqual(new Date("2026-01-31T12:00:00Z"));
    const policy = objects.find((object) => object.kind === "NetworkPolicy");
    expect(policy?.object.spec?.ingress?.[0]?._from).toEqual([
      { podSelector: { matchLabels: { a: "b" } } },
    ]);
  });

  it("are frozen, so that what was published cannot change", () => {
    const [pod] = parse(podWith("image: x")).objects;
    expect(Object.isFrozen(pod?.object)).toBe(true);
    expect(Object.isFrozen(pod?.object.metadata?.labels ?? pod?.object.metadata)).toBe(true);
  });

  it("are read from JSON too", () => {
    const json = JSON.stringify(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } },
      null,
      "\t",
    );
    expect(parse(json).objects.map(({ key }) => key)).toEqual(["a"]);
  });

  it("are read from a list, at their own places", () => {
    const { objects, problems: found } = parse(`apiVersion: v1
kind: List
metadata: {resourceVersion: ""}
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: a}}
- apiVersion: v1
  kind: Namespace
  metadata: {name: B}
`);
    expect(objects.map(({ location }) => location.line)).toEqual([5]);
    expect(found.map(({ path }) => path)).toEqual(["items[1].metadata.name"]);
    expect(found.map(({ location }) => location?.line)).toEqual([8]);
  });

  it("place objects as the API server does", () => {
    const { objects } = parse(`{apiVersion: v1, kind: Namespace, metadata: {name: a, namespace: b}}
---
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: ""}, spec: {clusterIP: None}}
`);
    expect(objects.map(({ key, object }) => [key, object.metadata])).toEqual([
      ["a", { name: "a" }],
      ["default/a", { name: "a", namespace: "default" }],
    ]);
  });

  it("may have null for an absent field, and for an empty required list", () => {
    expect(
      problems(`apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a, labels: null}
addressType: IPv4
endpoints: null
ports: null
`),
    ).toEqual([]);
    expect(
      problems("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: null}}"),
    ).toEqual([
      "web.yaml:1:69: spec.containers: required, but missing (a pod has at least one container)",
    ]);
  });

  it("may have an empty string for an absent choice", () => {
    const { objects } = parse(podWith('image: x, imagePullPolicy: ""'));
    expect(objects[0]?.kind === "Pod" && objects[0].object.spec?.containers[0]).toEqual({
      name: "c",
      image: "x",
    });
  });
});

/** A pod on one line whose container has these fields from column 75 on. */
function podWith(container: string): string {
  return `{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, ${container}}]}}`;
}

describe("what does not fit the type is refused", () => {
  it.each([
    ["imagee: x", "imagee: unknown field (did you mean `image`?)"],
    ["image: x, securityContext: {foo: 1}", "securityContext.foo: unknown field (known here: "],
    ["image: 5", 'image: expected a string, found the number 5 (quote it: "5")'],
    [
      "image: yes",
      'image: expected a string, found `yes`, in YAML 1.1 the boolean true (quote it: "yes")',
    ],
    [
      "image: 0755",
      'image: expected a string, found `0755`, in YAML 1.1 the number 493 (quote it: "0755")',
    ],
    ["image: [x]", "image: expected a string, found a list"],
    [
      "image: x, tty: 'true'",
      'tty: expected true or false, found the string "true" (remove the quotes)',
    ],
    [
      "image: x, ports: [{containerPort: '80'}]",
      'ports[0].containerPort: expected a whole number, found the string "80" (remove the quotes)',
    ],
    [
      "image: x, ports: [{containerPort: 80.5}]",
      "ports[0].containerPort: expected a whole number, found 80.5",
    ],
    [
      "image: x, ports: [{containerPort: 3000000000}]",
      "ports[0].containerPort: 3000000000 is not from -2147483648 to 2147483647",
    ],
    [
      "image: x, ports: [{containerPort: }]",
      "ports[0].containerPort: required, but empty (write a whole number)",
    ],
    [
      "image: x, ports: [{protocol: TCP}]",
      "ports[0].containerPort: required, but missing (write a whole number)",
    ],
    [
      "image: x, ports: [{containerPort: 80, protocol: tcp}]",
      'ports[0].protocol: "tcp" is not one of TCP, UDP, SCTP (did you mean `TCP`?)',
    ],
    [
      "image: x, ports: {containerPort: 80}",
      "ports: expected a list, found a map (begin each item with `- `)",
    ],
    [
      "image: x, args: [a, null]",
      'args[1]: expected a string, found null (write "" for an empty one)',
    ],
    ["image: x, env: [a]", 'env[0]: expected a map of fields, found the string "a"'],
    ["image: x, env: [{name: A, value: {}}]", "env[0].value: expected a string, found a map"],
    ["image: x, resources: {limits: [cpu]}", "resources.limits: expected a map, found a list"],
    [
      "image: x, resources: {limits: {cpu: 5 Gi}}",
      'resources.limits.cpu: "5 Gi" is not a quantity (write a number',
    ],
    [
      "image: x, resources: {limits: {cpu: true}}",
      "resources.limits.cpu: expected a quantity such as 500m or 64Mi, found the boolean true",
    ],
    [
      "image: x, securityContext: {runAsUser: 9007199254740992}",
      "securityContext.runAsUser: 9007199254740992 is not from -9007199254740992 to 9007199254740991",
    ],
    [
      "image: x, livenessProbe: {tcpSocket: {port: [1]}}",
      "livenessProbe.tcpSocket.port: expected a number or a name, found a list",
    ],
    [
      "image: x, livenessProbe: {tcpSocket: {port: yes}}",
      "livenessProbe.tcpSocket.port: expected a number or a name, found `yes`, in YAML 1.1 the boolean true",
    ],
  ])("%s", (container, expected) => {
    const found = problems(podWith(container));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^web\.yaml:1:\d+: /);
    expect(found[0]?.replace(/^web\.yaml:1:\d+: /, "")).toContain(`spec.containers[0].${expected}`);
  });

  it("a time that is none", () => {
    expect(
      problems(
        "{apiVersion: v1, kind: Namespace, metadata: {name: a, creationTimestamp: 2026-01-31}}",
      ),
    ).toEqual([
      'web.yaml:1:74: metadata.creationTimestamp: "2026-01-31" is not a time in the form of RFC 3339 (write it like 2026-01-31T12:00:00Z)',
    ]);
  });
});

describe("what is no object is refused", () => {
  it.each([
    ["a scalar", "hello\n", "1:1: expected an object with apiVersion and kind"],
    ["a list", "- a\n", "1:1: expected an object with apiVersion and kind"],
    [
      "no kind",
      "apiVersion: v1\n",
      "1:1: kind: required, but missing (write the object's kind, such as Pod)",
    ],
    [
      "an empty kind",
      "apiVersion: v1\nkind:\n",
      "2:6: kind: expected a string (write the object's kind, such as Pod)",
    ],
    ["no version", "kind: Pod\n", "1:1: apiVersion: required, but missing (write v1)"],
    [
      "another version",
      "apiVersion: extensions/v1beta1\nkind: Deployment\n",
      "1:13: apiVersion: Deployment of extensions/v1beta1 is not supported (write apps/v1)",
    ],
    [
      "a misspelt kind",
      "apiVersion: v1\nkind: pod\n",
      "2:7: unknown kind pod (did you mean `Pod`?)",
    ],
    [
      "a kind of another use",
      "apiVersion: v1\nkind: Service\n",
      "2:7: kind Service is not used by the lab yet (accepted: Pod, Deployment)",
    ],
    [
      "a kind of no use",
      "apiVersion: v1\nkind: ConfigMap\n",
      "2:7: unknown kind ConfigMap (accepted: Pod, Deployment)",
    ],
    [
      "a list without a version",
      "kind: List\nitems: []\n",
      "1:1: apiVersion: required, but missing (write v1)",
    ],
    [
      "a list of something else",
      "apiVersion: v1\nkind: List\nitems: {a: b}\n",
      "3:8: items: expected a list of objects",
    ],
    [
      "a list with another field",
      "apiVersion: v1\nkind: List\nitem: []\n",
      "3:1: item: unknown field (did you mean `items`?)",
    ],
    [
      "a list's metadata",
      "apiVersion: v1\nkind: List\nmetadata: {name: a}\n",
      "3:12: metadata.name: unknown field (known here: continue, remainingItemCount, resourceVersion, selfLink, shardInfo)",
    ],
  ])("%s", (_name, text, expected) => {
    expect(problems(text, ["Pod", "Deployment"])).toEqual([`web.yaml:${expected}`]);
  });
});

describe("problems", () => {
  it("come in the order of the text, and leave the other objects", () => {
    const { objects, problems: found } = parse(`${podWith("imagee: x")}
---
{apiVersion: v1, kind: Namespace, metadata: {name: good}}
---
a: [
---
kind: Pod
`);
    expect(found.map(({ code, location }) => [code, location?.line])).toEqual([
      ["unknown-field", 1],
      ["malformed-yaml", 6],
      ["missing-field", 7],
    ]);
    expect(objects.map(({ key }) => key)).toEqual(["good"]);
  });

  it("name both places of an object that is defined twice", () => {
    const namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n";
    const { objects, problems: found } = parse(`${namespace}---\n${namespace}`);
    expect(found.map(formatProblem)).toEqual([
      "web.yaml:3:1: Namespace a is already defined at line 1 (remove one of the two, or give it another name)",
    ]);
    expect(objects).toHaveLength(1);
  });

  it("can be thrown", () => {
    const [problem] = parse("kind: Pod\n").problems;
    if (problem === undefined) throw new Error("no problem was found");
    const error = new ManifestError(problem);
    expect(error.message).toBe(
      "read manifest web.yaml:1:1: apiVersion: required, but missing (write v1)",
    );
    expect(error.code).toBe("missing-field");
    expect(error.problem).toBe(problem);
  });

  it("say which program has no use for a kind, if they know", () => {
    const [problem] = parseManifests("apiVersion: v1\nkind: Node\n", {
      file: "a.yaml",
      accepted: ["Pod"],
    }).problems;
    expect(problem?.reason).toBe("kind Node is not used by this program yet");
  });
});

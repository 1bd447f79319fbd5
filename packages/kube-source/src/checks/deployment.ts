import type { V1Deployment, V1DeploymentSpec } from "@kubernetes/client-node";
import type { Checker } from "./checker.ts";
import { checkSelector, selects } from "./labels.ts";
import { checkAttachments } from "./metadata.ts";
import { checkPodSpec } from "./pod.ts";

export function checkDeployment(checker: Checker, { spec }: V1Deployment): void {
  if (spec === undefined) {
    checker.missing(["spec"], "a deployment has a selector and a template");
    return;
  }
  if (spec.replicas !== undefined && spec.replicas < 0) {
    checker.invalid(
      ["spec", "replicas"],
      `${String(spec.replicas)} is negative`,
      "write 0 or more",
    );
  }
  checkDeploymentSelector(checker, spec);
  checkTemplate(checker, spec);
}

function checkDeploymentSelector(checker: Checker, { selector, template }: V1DeploymentSpec): void {
  const path = ["spec", "selector"];
  checkSelector(checker, path, selector);
  const labels = template.metadata?.labels ?? {};
  if (
    Object.keys(selector.matchLabels ?? {}).length === 0 &&
    (selector.matchExpressions ?? []).length === 0
  ) {
    checker.invalid(path, "an empty selector selects every pod", "repeat the template's labels");
  } else if (!selects(selector, labels)) {
    checker.invalid(
      ["spec", "template", "metadata", "labels"],
      "the selector does not select pods with these labels",
      "give the template the labels that spec.selector asks for",
    );
  }
}

function checkTemplate(checker: Checker, { template: { metadata, spec } }: V1DeploymentSpec): void {
  const path = ["spec", "template"];
  checkAttachments(checker, [...path, "metadata"], metadata);
  if (spec === undefined) {
    checker.missing([...path, "spec"], "a pod has at least one container");
    return;
  }
  checkPodSpec(checker, [...path, "spec"], spec);
  if (spec.restartPolicy !== undefined && !["", "Always"].includes(spec.restartPolicy)) {
    const reason = `a deployment's pods cannot have ${spec.restartPolicy}`;
    checker.invalid([...path, "spec", "restartPolicy"], reason, "write Always, or leave it out");
  }
}

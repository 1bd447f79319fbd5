/** RFC 1123 section 2.1 as Kubernetes has it: at most 63 of `a-z0-9-`, with a letter or digit at both ends. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** Labels with dots between them, at most 253 characters; Kubernetes does not limit each label to 63. */
export function isDnsSubdomain(text: string): boolean {
  return (
    text.length <= 253 &&
    /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text)
  );
}

/** A port's name: at most 15 of `a-z0-9-` with a letter, no hyphen at an end or after another (RFC 6335 section 5.1). */
export function isPortName(text: string): boolean {
  return text.length <= 15 && /^[a-z0-9](?:-?[a-z0-9])*$/.test(text) && /[a-z]/.test(text);
}

/** The key of a label or annotation: an optional DNS subdomain and a slash, then at most 63 of `A-Za-z0-9-_.`. */
export function isQualifiedName(text: string): boolean {
  const [first = "", second, ...rest] = text.split("/");
  if (second === undefined) return isLabelName(first);
  return rest.length === 0 && isDnsSubdomain(first) && isLabelName(second);
}

/** The value of a label: empty, or formed like the name in a key. */
export function isLabelValue(text: string): boolean {
  return text === "" || isLabelName(text);
}

function isLabelName(text: string): boolean {
  return text.length <= 63 && /^[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?$/.test(text);
}

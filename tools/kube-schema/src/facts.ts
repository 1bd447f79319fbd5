/** The values that the API server accepts in some string fields. */
export interface EnumFact {
  /** The fields that take them, as `Model.field`, also a list's items. */
  readonly fields: readonly string[];
  readonly values: readonly string[];
}

/** What the models do not say. */
export interface Facts {
  readonly enums: readonly EnumFact[];
  /** String fields, or maps of strings, whose strings are quantities, as `Model.field`. */
  readonly quantities: readonly string[];
}

/**
 * Facts about Kubernetes 1.36. Each value is a constant of the API's Go types (`k8s.io/api`) that the API
 * server's validation (`pkg/apis/.../validation`) compares with. Node address types are the exception: the
 * API server accepts any, but only these five mean something.
 */
export const knownFacts: Facts = {
  enums: [
    {
      fields: [
        "V1ContainerPort.protocol",
        "V1ServicePort.protocol",
        "V1PortStatus.protocol",
        "DiscoveryV1EndpointPort.protocol",
        "V1NetworkPolicyPort.protocol",
      ],
      values: ["TCP", "UDP", "SCTP"],
    },
    {
      fields: [
        "V1PodSpec.restartPolicy",
        "V1Container.restartPolicy",
        "V1EphemeralContainer.restartPolicy",
      ],
      values: ["Always", "OnFailure", "Never"],
    },
    {
      fields: [
        "V1Container.imagePullPolicy",
        "V1EphemeralContainer.imagePullPolicy",
        "V1ImageVolumeSource.pullPolicy",
      ],
      values: ["Always", "IfNotPresent", "Never"],
    },
    {
      fields: [
        "V1Container.terminationMessagePolicy",
        "V1EphemeralContainer.terminationMessagePolicy",
      ],
      values: ["File", "FallbackToLogsOnError"],
    },
    {
      fields: ["V1ContainerResizePolicy.restartPolicy"],
      values: ["NotRequired", "RestartContainer"],
    },
    { fields: ["V1ContainerRestartRule.action"], values: ["Restart", "RestartAllContainers"] },
    { fields: ["V1ContainerRestartRuleOnExitCodes.operator"], values: ["In", "NotIn"] },
    { fields: ["V1HTTPGetAction.scheme"], values: ["HTTP", "HTTPS"] },
    {
      fields: ["V1VolumeMount.mountPropagation"],
      values: ["None", "HostToContainer", "Bidirectional"],
    },
    {
      fields: ["V1VolumeMount.recursiveReadOnly"],
      values: ["Disabled", "IfPossible", "Enabled"],
    },
    { fields: ["V1SecurityContext.procMount"], values: ["Default", "Unmasked"] },
    {
      fields: ["V1SeccompProfile.type", "V1AppArmorProfile.type"],
      values: ["Localhost", "RuntimeDefault", "Unconfined"],
    },
    {
      fields: ["V1PodSpec.dnsPolicy"],
      values: ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
    },
    { fields: ["V1PodSpec.preemptionPolicy"], values: ["Never", "PreemptLowerPriority"] },
    { fields: ["V1PodOS.name"], values: ["linux", "windows"] },
    {
      fields: ["V1PodSecurityContext.fsGroupChangePolicy"],
      values: ["Always", "OnRootMismatch"],
    },
    { fields: ["V1PodSecurityContext.supplementalGroupsPolicy"], values: ["Merge", "Strict"] },
    {
      fields: ["V1PodSecurityContext.seLinuxChangePolicy"],
      values: ["MountOption", "Recursive"],
    },
    { fields: ["V1Toleration.operator"], values: ["Exists", "Equal", "Lt", "Gt"] },
    {
      fields: ["V1Toleration.effect", "V1Taint.effect"],
      values: ["NoSchedule", "PreferNoSchedule", "NoExecute"],
    },
    {
      fields: ["V1TopologySpreadConstraint.whenUnsatisfiable"],
      values: ["DoNotSchedule", "ScheduleAnyway"],
    },
    {
      fields: [
        "V1TopologySpreadConstraint.nodeAffinityPolicy",
        "V1TopologySpreadConstraint.nodeTaintsPolicy",
      ],
      values: ["Honor", "Ignore"],
    },
    {
      fields: ["V1LabelSelectorRequirement.operator"],
      values: ["In", "NotIn", "Exists", "DoesNotExist"],
    },
    {
      fields: ["V1NodeSelectorRequirement.operator"],
      values: ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"],
    },
    {
      fields: ["V1HostPathVolumeSource.type"],
      values: [
        "DirectoryOrCreate",
        "Directory",
        "FileOrCreate",
        "File",
        "Socket",
        "CharDevice",
        "BlockDevice",
      ],
    },
    { fields: ["V1AzureDiskVolumeSource.cachingMode"], values: ["None", "ReadOnly", "ReadWrite"] },
    { fields: ["V1AzureDiskVolumeSource.kind"], values: ["Shared", "Dedicated", "Managed"] },
    {
      fields: ["V1PersistentVolumeClaimSpec.accessModes"],
      values: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"],
    },
    { fields: ["V1PersistentVolumeClaimSpec.volumeMode"], values: ["Block", "Filesystem"] },
    {
      fields: ["V1PodCertificateProjection.keyType"],
      values: ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"],
    },
    { fields: ["V1DeploymentStrategy.type"], values: ["Recreate", "RollingUpdate"] },
    {
      fields: ["V1ServiceSpec.type"],
      values: ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
    },
    { fields: ["V1ServiceSpec.sessionAffinity"], values: ["None", "ClientIP"] },
    {
      fields: ["V1ServiceSpec.externalTrafficPolicy", "V1ServiceSpec.internalTrafficPolicy"],
      values: ["Cluster", "Local"],
    },
    {
      fields: ["V1ServiceSpec.ipFamilyPolicy"],
      values: ["SingleStack", "PreferDualStack", "RequireDualStack"],
    },
    { fields: ["V1ServiceSpec.ipFamilies"], values: ["IPv4", "IPv6"] },
    {
      fields: ["V1ServiceSpec.trafficDistribution"],
      values: ["PreferClose", "PreferSameZone", "PreferSameNode"],
    },
    { fields: ["V1LoadBalancerIngress.ipMode"], values: ["VIP", "Proxy"] },
    { fields: ["V1EndpointSlice.addressType"], values: ["IPv4", "IPv6", "FQDN"] },
    { fields: ["V1NetworkPolicySpec.policyTypes"], values: ["Ingress", "Egress"] },
    {
      fields: ["V1NodeAddress.type"],
      values: ["Hostname", "InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS"],
    },
    { fields: ["V1ManagedFieldsEntry.operation"], values: ["Apply", "Update"] },
  ],
  quantities: [
    "V1ContainerStatus.allocatedResources",
    "V1EmptyDirVolumeSource.sizeLimit",
    "V1NodeAllocatableResourceClaimStatus.resources",
    "V1NodeStatus.allocatable",
    "V1NodeStatus.capacity",
    "V1PodSpec.overhead",
    "V1PodStatus.allocatedResources",
    "V1ResourceFieldSelector.divisor",
    "V1ResourceRequirements.limits",
    "V1ResourceRequirements.requests",
    "V1VolumeResourceRequirements.limits",
    "V1VolumeResourceRequirements.requests",
  ],
};

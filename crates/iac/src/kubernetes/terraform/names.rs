//! How the provider's names become those of the API.

/// Types by their name without `kubernetes_` and without a version at the end: what they make, and under which version of
/// the API where their name has none, where it has one.
const OBJECTS: [(&str, &str, &str, &str); 29] = [
    ("api_service", "APIService", "apiregistration.k8s.io/v1", "apiregistration.k8s.io/v1"),
    ("cluster_role", "ClusterRole", "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1"),
    (
        "cluster_role_binding",
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1",
        "rbac.authorization.k8s.io/v1",
    ),
    ("config_map", "ConfigMap", "v1", "v1"),
    ("cron_job", "CronJob", "batch/v1beta1", "batch/v1"),
    ("daemon_set", "DaemonSet", "apps/v1", "apps/v1"),
    ("daemonset", "DaemonSet", "apps/v1", "apps/v1"),
    ("default_service_account", "ServiceAccount", "v1", "v1"),
    ("deployment", "Deployment", "apps/v1", "apps/v1"),
    ("horizontal_pod_autoscaler", "HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v1"),
    ("ingress", "Ingress", "extensions/v1beta1", "networking.k8s.io/v1"),
    ("job", "Job", "batch/v1", "batch/v1"),
    ("limit_range", "LimitRange", "v1", "v1"),
    (
        "mutating_webhook_configuration",
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "admissionregistration.k8s.io/v1",
    ),
    ("namespace", "Namespace", "v1", "v1"),
    ("network_policy", "NetworkPolicy", "networking.k8s.io/v1", "networking.k8s.io/v1"),
    ("persistent_volume", "PersistentVolume", "v1", "v1"),
    ("persistent_volume_claim", "PersistentVolumeClaim", "v1", "v1"),
    ("pod", "Pod", "v1", "v1"),
    ("pod_disruption_budget", "PodDisruptionBudget", "policy/v1beta1", "policy/v1"),
    ("pod_security_policy", "PodSecurityPolicy", "policy/v1beta1", "policy/v1beta1"),
    ("replication_controller", "ReplicationController", "v1", "v1"),
    ("role", "Role", "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1"),
    ("role_binding", "RoleBinding", "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1"),
    ("secret", "Secret", "v1", "v1"),
    ("service", "Service", "v1", "v1"),
    ("service_account", "ServiceAccount", "v1", "v1"),
    ("stateful_set", "StatefulSet", "apps/v1", "apps/v1"),
    (
        "validating_webhook_configuration",
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "admissionregistration.k8s.io/v1",
    ),
];

/// Blocks that may stand more than once, and the list that they are.
const LISTS: [(&str, &str); 42] = [
    ("allowed_csi_driver", "allowedCSIDrivers"),
    ("allowed_flex_volumes", "allowedFlexVolumes"),
    ("allowed_host_paths", "allowedHostPaths"),
    ("container", "containers"),
    ("egress", "egress"),
    ("env", "env"),
    ("env_from", "envFrom"),
    ("ephemeral_container", "ephemeralContainers"),
    ("from", "from"),
    ("host_aliases", "hostAliases"),
    ("host_ports", "hostPorts"),
    ("http_header", "httpHeaders"),
    ("image_pull_secret", "imagePullSecrets"),
    ("image_pull_secrets", "imagePullSecrets"),
    ("ingress", "ingress"),
    ("init_container", "initContainers"),
    ("items", "items"),
    ("limit", "limits"),
    ("match_expressions", "matchExpressions"),
    ("match_fields", "matchFields"),
    ("metric", "metrics"),
    ("node_selector_term", "nodeSelectorTerms"),
    ("option", "options"),
    ("path", "paths"),
    ("port", "ports"),
    ("ports", "ports"),
    (
        "preferred_during_scheduling_ignored_during_execution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    ),
    ("range", "ranges"),
    ("readiness_gate", "readinessGates"),
    ("rule", "rules"),
    ("sources", "sources"),
    ("subject", "subjects"),
    ("sysctl", "sysctls"),
    ("tls", "tls"),
    ("to", "to"),
    ("toleration", "tolerations"),
    ("topology_spread_constraint", "topologySpreadConstraints"),
    ("volume", "volumes"),
    ("volume_claim_template", "volumeClaimTemplates"),
    ("volume_device", "volumeDevices"),
    ("volume_mount", "volumeMounts"),
    ("webhook", "webhooks"),
];

/// Maps whose keys people choose.
const FREE: [&str; 17] = [
    "annotations",
    "binary_data",
    "data",
    "default",
    "default_request",
    "hard",
    "labels",
    "limits",
    "match_labels",
    "max",
    "min",
    "node_selector",
    "parameters",
    "requests",
    "selector",
    "stringData",
    "volume_attributes",
];

/// The version and the kind that a type makes.
pub(super) fn object(kind: &str) -> Option<(&'static str, &'static str)> {
    let name = kind.strip_prefix("kubernetes_")?;
    let is_version =
        |end: &str| end.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let (name, is_versioned) = match name.rsplit_once('_') {
        Some((name, end)) if is_version(end) => (name, true),
        _ => (name, false),
    };
    let (_, kind, plain, versioned) = OBJECTS.iter().find(|(known, ..)| *known == name)?;
    Some((if is_versioned { versioned } else { plain }, kind))
}

/// The list that blocks of this name are, in what they stand in; none where there is one at most.
pub(super) fn list(name: &str, parent: &str) -> Option<String> {
    match (name, parent) {
        // The backend of an ingress has one.
        ("port", "service") => None,
        // A volume has one, a service account several.
        ("secret", "") => Some("secrets".to_owned()),
        _ => LISTS.iter().find(|(known, _)| *known == name).map(|(_, list)| (*list).to_owned()),
    }
}

pub(super) fn is_free(name: &str) -> bool {
    FREE.contains(&name)
}

/// `host_ipc` as the API writes it: `hostIPC`.
pub(super) fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for (at, word) in name.split('_').enumerate() {
        match word {
            word if at == 0 => camel.push_str(word),
            "ip" | "ipc" | "pid" | "id" | "cidr" | "uri" => camel.push_str(&word.to_uppercase()),
            "ips" => camel.push_str("IPs"),
            word => {
                let mut letters = word.chars();
                camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                camel.push_str(letters.as_str());
            }
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for (name, there) in [
            ("host_ipc", "hostIPC"),
            ("host_pid", "hostPID"),
            ("external_ips", "externalIPs"),
            ("allow_privilege_escalation", "allowPrivilegeEscalation"),
            ("spec", "spec"),
        ] {
            assert_eq!(camel(name), there);
        }
        assert_eq!(list("port", "container").as_deref(), Some("ports"));
        assert_eq!(list("port", "service"), None);
        assert_eq!(list("security_context", "container"), None);
    }

    #[test]
    fn a_type_with_a_version_is_of_that_version() {
        assert_eq!(object("kubernetes_cron_job_v1"), Some(("batch/v1", "CronJob")));
        assert_eq!(object("kubernetes_cron_job"), Some(("batch/v1beta1", "CronJob")));
        assert_eq!(
            object("kubernetes_horizontal_pod_autoscaler_v2beta2").map(|it| it.1),
            Some("HorizontalPodAutoscaler")
        );
        assert_eq!(object("kubernetes_labels"), None);
        assert_eq!(object("aws_pod"), None);
    }
}

//! Manifests become assets.

use partywall_iac::{Declaration, Manifests, Tree, kubernetes};
use partywall_model::{Node, Source};

fn read(files: &[(&str, &str)]) -> Manifests {
    kubernetes::declared(&Tree::of(files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec()))))
}

#[track_caller]
fn asset<'m>(made: &'m Manifests, address: &str) -> &'m Declaration {
    let found = made.assets.iter().find(|declared| &*declared.address == address);
    let all: Vec<&str> = made.assets.iter().map(|declared| &*declared.address).collect();
    found.unwrap_or_else(|| panic!("no {address} among {all:?}"))
}

#[track_caller]
fn written<'t>(declared: &Declaration, path: &str, text: &'t str) -> &'t str {
    let Some(Source::Code { span, .. }) = declared.asset.provenance.of(path) else {
        panic!("{path} has no place")
    };
    &text[span.start as usize..span.end as usize]
}

const WEB: &str = "\
# ünïcode before it
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata:
      annotations: { a/b: c }
    spec:
      hostNetwork: yes
      securityContext: { runAsUser: 7, runAsNonRoot: true }
      volumes:
        - { name: logs, hostPath: { path: /var/log } }
      initContainers:
        - name: first
          image: registry.example:5000/shop/init:1@sha256:ab
      containers:
        - name: app
          image: shop/app
          securityContext: { runAsUser: 0 }
          volumeMounts: [{ name: logs, mountPath: /logs }]
          env:
            - { name: DB_PASSWORD, value: hunter22 }
            - { name: PORT, value: \"80\" }
";

#[test]
fn a_workload_has_its_pods_specification_and_each_container_is_an_asset() {
    let made = read(&[("deploy/web.yaml", WEB)]);
    assert!(made.troubles.is_empty(), "{:?}", made.troubles);
    let web = asset(&made, "Deployment/shop/web");
    assert_eq!(web.asset.kind.as_str(), "Kubernetes::apps::Deployment");
    assert_eq!(web.asset.id.as_str(), "code:deploy/web.yaml#Deployment/shop/web");
    assert_eq!(&*web.root, "deploy");
    assert_eq!(web.place.line, 2);
    assert_eq!(web.asset.properties.at("PodSpec.hostNetwork"), &Node::Bool(true));
    let app = asset(&made, "Deployment/shop/web/app");
    assert_eq!(app.asset.kind.as_str(), "Kubernetes::core::Container");
    assert_eq!(app.asset.properties.at("Effective.RunAsUser"), &Node::Int(0));
    assert_eq!(app.asset.properties.at("Effective.RunAsNonRoot"), &Node::Bool(true));
    assert_eq!(app.asset.properties.at("Image.Tag"), &Node::Absent);
    assert_eq!(app.asset.properties.key("Mounts").items()[0].at("HostPath").as_str(), Some("/var/log"));
    assert_eq!(app.asset.properties.at("Pod.hostNetwork"), &Node::Bool(true));
    let first = asset(&made, "Deployment/shop/web/first");
    assert_eq!(first.asset.properties.at("Role").as_str(), Some("init"));
    assert_eq!(first.asset.properties.at("Image.Registry").as_str(), Some("registry.example:5000"));
    assert_eq!(first.asset.properties.at("Image.Digest").as_str(), Some("sha256:ab"));
}

#[test]
fn every_written_path_has_its_bytes() {
    let made = read(&[("web.yaml", WEB)]);
    let (web, app) = (asset(&made, "Deployment/shop/web"), asset(&made, "Deployment/shop/web/app"));
    assert_eq!(written(web, "PodSpec.containers.0.image", WEB), "image: shop/app");
    assert_eq!(written(web, "spec.template.spec.hostNetwork", WEB), "hostNetwork: yes");
    assert_eq!(written(app, "Effective.RunAsNonRoot", WEB), "true");
    assert_eq!(written(app, "Effective.RunAsUser", WEB), "0");
    assert!(written(app, "resources.limits.memory", WEB).starts_with("name: app"));
    assert!(written(app, "Environment.0", WEB).contains("DB_PASSWORD"));
}

#[test]
fn no_secret_stands_in_an_asset() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { key: hunter22, other: '' }\n---\n\
                  apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { API_TOKEN: hunter22, MODE: fast }\n";
    let made = read(&[("web.yaml", WEB), ("secret.yaml", secret)]);
    assert_eq!(made.assets.len(), 5);
    for declared in &made.assets {
        assert!(!format!("{:?}", declared.asset).contains("hunter22"), "{}", declared.address);
    }
    let keys = asset(&made, "Secret/s").asset.properties.key("Keys").items().to_vec();
    assert_eq!(keys, [Node::from("key")]);
    let keys = asset(&made, "ConfigMap/c").asset.properties.key("SecretKeys").items().to_vec();
    assert_eq!(keys, [Node::from("API_TOKEN")]);
}

#[test]
fn lists_are_taken_apart_and_old_groups_are_those_of_today() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- { apiVersion: extensions/v1beta1, kind: Ingress, metadata: { name: a } }\n\
                - { apiVersion: v1, kind: Service, metadata: { name: b } }\n- { apiVersion: v1, kind: Service, metadata: { name: b } }\n";
    let made = read(&[("all.yml", text)]);
    let kinds: Vec<&str> = made.assets.iter().map(|declared| declared.asset.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["Kubernetes::networking.k8s.io::Ingress", "Kubernetes::core::Service", "Kubernetes::core::Service"]
    );
    let addresses: Vec<&str> = made.assets.iter().map(|declared| &*declared.address).collect();
    assert_eq!(addresses, ["Ingress/a", "Service/b", "Service/b~2"]);
}

#[test]
fn a_broken_document_is_told_and_the_others_are_read() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: { name: a }\n---\napiVersion: v1\nkind: Service\nmetadata: [\n---\n\
                apiVersion: v1\nkind: Service\nmetadata: { name: c }\n";
    let made = read(&[("all.yml", text)]);
    asset(&made, "Service/a");
    asset(&made, "Service/c");
    assert_eq!(made.troubles.len(), 1);
    assert!((4..=8).contains(&made.troubles[0].line), "{}", made.troubles[0]);
}

#[test]
fn what_a_template_fills_in_is_unknown_and_a_chart_is_told() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { hostPID: \"{{ .Values.pid }}\" }\n";
    let made =
        read(&[("pod.yaml", pod), ("chart/Chart.yaml", "name: c\n"), ("chart/templates/pod.yaml", pod)]);
    assert_eq!(made.assets.len(), 1);
    assert!(made.assets[0].asset.properties.at("PodSpec.hostPID").is_unknown());
    assert_eq!(made.troubles.len(), 1);
    assert!(made.troubles[0].next.contains("helm template chart"), "{}", made.troubles[0]);
    let broken = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n";
    let made = read(&[("pod.yaml", broken)]);
    assert!(made.troubles[0].next.contains("helm template"), "{}", made.troubles[0]);
}

#[test]
fn patches_of_a_kustomization_are_told_and_are_no_objects() {
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 3 }\n";
    let made = read(&[
        ("base/web.yaml", WEB),
        ("prod/kustomization.yaml", "resources: [../base]\npatches:\n- path: more.yaml\n"),
        ("prod/more.yaml", patch),
    ]);
    assert_eq!(made.assets.len(), 3);
    assert_eq!(made.troubles.len(), 1);
    assert!(made.troubles[0].what.contains("`patches`"), "{}", made.troubles[0]);
}

#[test]
fn a_part_of_the_cluster_has_its_flags_with_their_defaults() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers:\n\
                - name: api\n  command: [/usr/bin/kube-apiserver, --audit-log-path, /log, --request-timeout=$(T)]\n  env: [{ name: T, value: 5s }]\n\
                - name: node\n  command: [sh, -c, 'exec kubelet --config=/etc/k.yaml --v 2']\n\
                - name: store\n  image: k8s.example/etcd:3\n  env: [{ name: ETCD_CLIENT_CERT_AUTH, value: \"true\" }]\n\
                - name: copies\n  command: [sh, -c, 'cp /usr/bin/kubelet /target']\n";
    let made = read(&[(
        "a.yaml",
        &text
            .replace("\n- ", "\n  - ")
            .replace("\n  command", "\n    command")
            .replace("\n  env", "\n    env")
            .replace("\n  image", "\n    image"),
    )]);
    assert!(made.troubles.is_empty(), "{:?}", made.troubles);
    let component =
        |name: &str| asset(&made, &format!("Pod/a/{name}")).asset.properties.key("Component").clone();
    let api = component("api");
    assert_eq!(api.at("Flags.AuditLogPath").as_str(), Some("/log"));
    assert_eq!(api.at("Flags.RequestTimeout").as_str(), Some("5s"));
    assert_eq!(api.at("Flags.AnonymousAuth").as_str(), Some("true"));
    let node = component("node");
    assert_eq!(node.at("Program").as_str(), Some("kubelet"));
    assert!(node.at("Flags.AnonymousAuth").is_unknown());
    assert_eq!(component("store").at("Flags.ClientCertAuth").as_str(), Some("true"));
    assert!(component("copies").is_absent());
}

#[test]
fn a_bomb_of_aliases_is_bounded_and_told() {
    let mut text = String::from("apiVersion: v1\nkind: ConfigMap\na: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("b{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
    }
    let made = read(&[("bomb.yaml", &text)]);
    assert!(made.troubles.iter().any(|trouble| trouble.what.contains("aliases")), "{:?}", made.troubles);
}

#[test]
fn a_pod_that_no_cluster_takes_has_no_containers_and_says_so() {
    let containers = "  - { name: a, image: b }\n".repeat(200);
    let made = read(&[(
        "pod.yaml",
        &format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: a }}\nspec:\n  containers:\n{containers}"),
    )]);
    assert_eq!(made.assets.len(), 1);
    assert!(made.troubles[0].what.contains("128 containers"), "{}", made.troubles[0]);
}

//! Objects of Kubernetes that Terraform makes are the same assets as manifests.

use partywall_content::load::Content;
use partywall_iac::terraform::{StandardTypes, configurations};
use partywall_iac::{Declaration, Mapped, Tree};
use partywall_model::{Node, Source};

fn assets(text: &str) -> Vec<Declaration> {
    let read = configurations(&Tree::of([("main.tf", text.as_bytes().to_vec())]), &[], &StandardTypes);
    assert!(read.troubles.is_empty(), "{:?}", read.troubles);
    let content = Content::default();
    let mapped = Mapped::new(&content);
    let [configuration] = read.configurations.as_slice() else { panic!("{:?}", read.configurations) };
    assert!(mapped.unmapped(&configuration.resources).is_empty());
    mapped.assets(configuration).assets
}

#[track_caller]
fn asset<'a>(assets: &'a [Declaration], address: &str) -> &'a Declaration {
    let all: Vec<&str> = assets.iter().map(|declared| &*declared.address).collect();
    let found = assets.iter().find(|declared| &*declared.address == address);
    found.unwrap_or_else(|| panic!("no {address} among {all:?}"))
}

fn first(list: &Node) -> &Node {
    &list.items()[0]
}

const WEB: &str = r#"
variable "image" {}
resource "kubernetes_deployment_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
    labels    = { my_app = "web" }
  }
  spec {
    template {
      metadata { labels = { my_app = "web" } }
      spec {
        host_ipc     = true
        node_selector = { disk_type = "ssd" }
        security_context { run_as_user = "7" }
        volume {
          name = "logs"
          host_path { path = "/var/log" }
        }
        container {
          name  = "app"
          image = var.image
          security_context {
            allow_privilege_escalation = "false"
            capabilities { add = ["SYS_ADMIN"] }
          }
          volume_mount {
            name       = "logs"
            mount_path = "/logs"
          }
          port { container_port = 80 }
        }
      }
    }
  }
}
"#;

#[test]
fn a_workload_of_terraform_has_the_names_and_the_structure_of_the_api() {
    let assets = assets(WEB);
    let web = asset(&assets, "kubernetes_deployment_v1.web");
    assert_eq!(web.asset.kind.as_str(), "Kubernetes::apps::Deployment");
    let properties = &web.asset.properties;
    assert_eq!(properties.at("metadata.namespace").as_str(), Some("shop"));
    assert_eq!(properties.at("metadata.labels.my_app").as_str(), Some("web"));
    assert_eq!(properties.at("PodSpec.hostIPC").as_bool(), Some(true));
    assert_eq!(properties.at("PodSpec.nodeSelector.disk_type").as_str(), Some("ssd"));
    assert_eq!(first(properties.at("PodSpec.volumes")).at("hostPath.path").as_str(), Some("/var/log"));
    let app = asset(&assets, "kubernetes_deployment_v1.web/app");
    assert_eq!(app.asset.kind.as_str(), "Kubernetes::core::Container");
    let properties = &app.asset.properties;
    assert_eq!(properties.at("securityContext.allowPrivilegeEscalation").as_bool(), Some(false));
    assert_eq!(first(properties.at("securityContext.capabilities.add")).as_str(), Some("SYS_ADMIN"));
    assert_eq!(properties.at("Pod.securityContext.runAsUser").as_int(), Some(7));
    assert_eq!(first(properties.at("ports")).at("containerPort").as_int(), Some(80));
    let why = properties.at("image").why().expect("nobody says which image");
    assert!(why.message.contains("-var"), "{why}");
}

#[test]
fn what_is_written_keeps_its_place() {
    let assets = assets(WEB);
    let app = asset(&assets, "kubernetes_deployment_v1.web/app");
    assert_eq!(app.place.line, 20);
    let Some(Source::Code { span, file }) = app.asset.provenance.of("securityContext.capabilities.add")
    else {
        panic!("it has no place")
    };
    assert_eq!(&**file, "main.tf");
    assert!(WEB[span.start as usize..span.end as usize].contains("SYS_ADMIN"));
}

#[test]
fn a_manifest_within_terraform_is_taken_as_it_is() {
    let assets = assets(
        r#"resource "kubernetes_manifest" "role" {
             manifest = {
               apiVersion = "rbac.authorization.k8s.io/v1"
               kind       = "ClusterRole"
               metadata   = { name = "all" }
               rules      = [{ apiGroups = ["*"], resources = ["*"], verbs = ["*"] }]
             }
           }"#,
    );
    let role = asset(&assets, "kubernetes_manifest.role");
    assert_eq!(role.asset.kind.as_str(), "Kubernetes::rbac.authorization.k8s.io::ClusterRole");
    assert_eq!(first(first(role.asset.properties.at("rules")).at("verbs")).as_str(), Some("*"));
}

#[test]
fn what_cannot_be_decided_is_unknown_and_no_pod_without_containers() {
    let assets = assets(
        r#"variable "pods" {}
           resource "kubernetes_pod" "p" {
             metadata { name = "p" }
             dynamic "spec" {
               for_each = var.pods
               content { host_network = false }
             }
           }
           resource "kubernetes_secret" "s" {
             metadata { name = "s" }
             data = { password = "never kept" }
           }"#,
    );
    let pod = asset(&assets, "kubernetes_pod.p");
    assert!(pod.asset.properties.at("PodSpec").is_unknown());
    assert!(pod.asset.properties.at("PodSpec.hostIPC").is_unknown());
    let secret = asset(&assets, "kubernetes_secret.s");
    assert_eq!(secret.asset.properties.at("Keys"), &Node::List(vec![Node::text("password")]));
    assert!(!format!("{secret:?}").contains("never kept"));
}

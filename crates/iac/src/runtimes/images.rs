//! Official images wherever an asset names one: base images, services, containers of manifests and of jobs.

use partywall_model::{Asset, Node, Source};

use super::Named;
use crate::document::Span;

/// The product of an image's name.
fn product(registry: &str, repository: &str) -> Option<&'static str> {
    let official = match registry {
        "docker.io" => repository.strip_prefix("library/").unwrap_or(repository),
        "public.ecr.aws" => repository.strip_prefix("docker/library/")?,
        "mcr.microsoft.com" => {
            return ["dotnet/", "dotnet-core/"]
                .iter()
                .any(|start| repository.starts_with(start))
                .then_some("dotnet");
        }
        _ => return None,
    };
    Some(match official {
        "python" => "python",
        "node" => "nodejs",
        "ruby" => "ruby",
        "golang" => "go",
        "php" => "php",
        "perl" => "perl",
        "elixir" => "elixir",
        "eclipse-temurin" => "temurin",
        "amazoncorretto" => "corretto",
        "tomcat" => "tomcat",
        "debian" => "os-debian",
        "ubuntu" => "os-ubuntu",
        "alpine" => "os-alpine",
        "fedora" => "os-fedora",
        "centos" => "os-centos",
        "rockylinux" => "os-rocky",
        "almalinux" => "os-almalinux",
        "oraclelinux" => "os-oracle",
        "amazonlinux" => "os-amazon",
        "postgres" => "postgres",
        "mysql" => "mysql",
        "mariadb" => "mariadb",
        "mongo" => "mongo",
        "redis" => "redis",
        "nginx" => "nginx",
        "rabbitmq" => "rabbitmq",
        _ => return None,
    })
}

/// The images of an asset, each where it is written.
pub(super) fn of(asset: &Asset) -> Vec<Named> {
    let mut found = Vec::new();
    descend(&asset.properties, &mut String::new(), asset, &mut found);
    found
}

fn descend(node: &Node, path: &mut String, asset: &Asset, found: &mut Vec<Named>) {
    let parts = ["Registry", "Repository", "Tag"].map(|key| node.key(key).as_str());
    if let [Some(registry), Some(repository), Some(tag)] = parts
        && let Some(product) = product(registry, repository)
        && let Some(Source::Code { file, span }) = asset.provenance.of(path)
    {
        let span = Span { start: span.start, end: span.end };
        found.push(Named { file: (&**file).into(), span, product, version: tag.to_owned(), from: "image" });
    }
    let mut below = |key: &str, node: &Node| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        descend(node, path, asset, found);
        path.truncate(length);
    };
    match node {
        Node::List(items) => items.iter().enumerate().for_each(|(at, item)| below(&at.to_string(), item)),
        Node::Map(_) => node.entries().for_each(|(key, value)| below(key, value)),
        _ => {}
    }
}

//! Templates of ARM, made into assets by the mappings of the content.

use std::fs;
use std::path::Path;

use partywall_content::Files;
use partywall_content::load::load;
use partywall_iac::{Declaration, Mapped, Tree, arm};
use partywall_model::{Node, Provider};

use crate::short;

/// The assets of a template with the resources.
fn assets(resources: &str) -> Vec<Declaration> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/mappings/arm/azure");
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = format!("mappings/arm/azure/{}", path.file_name().unwrap().to_string_lossy());
        (name, fs::read_to_string(path).unwrap())
    });
    let content = load(&Files(files.collect()), Default::default()).content;
    let mapped = Mapped::new(&content);
    let text = format!(
        "{{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", {resources}}}"
    );
    let read = arm::configurations(&Tree::of([("main.json", text)]), &[], &mapped);
    assert_eq!((read.troubles.as_slice(), read.configurations.len()), ([].as_slice(), 1));
    let declared = mapped.assets(&read.configurations[0]);
    assert_eq!(declared.problems, []);
    declared.assets
}

/// The assets of a kind.
fn of_kind<'a>(assets: &'a [Declaration], kind: &str) -> Vec<&'a Declaration> {
    assets.iter().filter(|declared| declared.asset.kind.as_str() == kind).collect()
}

/// The properties of the only asset of a kind.
fn only<'a>(assets: &'a [Declaration], kind: &str) -> &'a Node {
    let [one] = of_kind(assets, kind)[..] else { panic!("not one {kind} in {assets:?}") };
    &one.asset.properties
}

#[test]
fn defaults_follow_the_version_of_the_interface() {
    let account = |version: &str| {
        let made = assets(&format!(
            r#""resources": [{{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "{version}", "name": "a"}}]"#
        ));
        let account = only(&made, "Microsoft.Storage/storageAccounts");
        let of = |name: &str| short(account.key("properties").key(name));
        (of("supportsHttpsTrafficOnly"), of("allowBlobPublicAccess"), of("minimumTlsVersion"))
    };
    let tls = "\"TLS1_0\"".to_owned();
    assert_eq!(account("2018-02-01"), ("false".into(), "true".into(), tls.clone()));
    assert_eq!(account("2019-04-01"), ("true".into(), "true".into(), tls.clone()));
    assert_eq!(account("2023-05-01-preview"), ("true".into(), "false".into(), tls));
}

#[test]
fn the_body_is_taken_as_it_is_written_whatever_its_case() {
    let made = assets(
        r#""resources": [{"type": "microsoft.storage/STORAGEACCOUNTS", "apiVersion": "2023-01-01", "name": "a", "location": "West Europe", "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"}, "tags": {"MinimumTlsVersion": "x"}, "properties": {"MinimumTLSVersion": "TLS1_2", "networkAcls": {"DefaultAction": "Deny"}}}]"#,
    );
    let [account] = of_kind(&made, "Microsoft.Storage/storageAccounts")[..] else { panic!("{made:?}") };
    let asset = &account.asset;
    assert_eq!((asset.provider, asset.region.as_ref().unwrap().as_str()), (Provider::Azure, "westeurope"));
    assert_eq!((asset.identifier.as_deref(), asset.name.as_deref()), (Some("a"), Some("a")));
    assert_eq!(
        asset.tags.iter().map(|(key, value)| (&**key, &**value)).collect::<Vec<_>>(),
        [("MinimumTlsVersion", "x")]
    );
    assert_eq!(short(asset.properties.at("properties.minimumTlsVersion")), "\"TLS1_2\"");
    assert_eq!(short(asset.properties.at("properties.networkAcls.defaultAction")), "\"Deny\"");
    assert_eq!(short(asset.properties.at("properties.networkAcls.bypass")), "\"AzureServices\"");
    assert_eq!(short(asset.properties.at("sku.name")), "\"Standard_LRS\"");
}

#[test]
fn properties_that_are_not_decided_stay_so_under_every_default() {
    let made = assets(
        r#""parameters": {"all": {"type": "object"}}, "resources": [{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "a", "properties": "[parameters('all')]"}]"#,
    );
    let account = only(&made, "Microsoft.Storage/storageAccounts");
    for path in
        ["properties.minimumTlsVersion", "properties.networkAcls.defaultAction", "properties.sasPolicy"]
    {
        assert!(account.at(path).is_unknown(), "{path}");
    }
}

#[test]
fn children_fold_into_their_parents_by_id() {
    let made = assets(
        r#""parameters": {"p": {"type": "string"}}, "variables": {"server": "[concat(parameters('p'), '-sql')]"}, "resources": [
        {"type": "Microsoft.Sql/servers", "apiVersion": "2021-11-01", "name": "[variables('server')]", "properties": {"administratorLogin": "a", "administratorLoginPassword": "hunter2"},
         "resources": [{"type": "firewallRules", "apiVersion": "2021-11-01", "name": "all", "properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}}]},
        {"type": "Microsoft.Sql/servers/auditingSettings", "apiVersion": "2021-11-01", "name": "[format('{0}/default', variables('server'))]", "properties": {"state": "Enabled"}},
        {"type": "Microsoft.Sql/servers/databases", "apiVersion": "2021-11-01", "name": "[concat(variables('server'), '/db')]"},
        {"type": "Microsoft.Sql/servers/databases/transparentDataEncryption", "apiVersion": "2014-04-01", "name": "[concat(variables('server'), '/db/current')]", "properties": {"status": "Disabled"}}]"#,
    );
    let server = only(&made, "Microsoft.Sql/servers");
    assert_eq!(
        short(server.key("firewallRules")),
        "[{name:\"all\",properties:{endIpAddress:\"0.0.0.0\",startIpAddress:\"0.0.0.0\"}}]"
    );
    assert_eq!(short(server.key("auditingSettings")), "{properties:{retentionDays:0,state:\"Enabled\"}}");
    let database = only(&made, "Microsoft.Sql/servers/databases");
    assert_eq!(short(database.at("transparentDataEncryption.properties.state")), "\"Disabled\"");
    assert_eq!(short(database.at("backupShortTermRetentionPolicies.properties.retentionDays")), "7");
    assert!(!format!("{made:?}").contains("hunter2"));
}

#[test]
fn a_part_of_a_server_that_stands_elsewhere_says_its_part_alone() {
    let made = assets(
        r#""resources": [{"type": "Microsoft.Sql/servers/firewallRules", "apiVersion": "2021-11-01", "name": "s/all", "properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}}]"#,
    );
    let server = only(&made, "Microsoft.Sql/servers");
    assert_eq!(
        short(server.at("firewallRules")),
        "[{name:\"all\",properties:{endIpAddress:\"255.255.255.255\",startIpAddress:\"0.0.0.0\"}}]"
    );
}

#[test]
fn the_service_of_blobs_comes_with_an_account_unless_it_is_written() {
    let account = r#"{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "a"}"#;
    let service = r#"{"type": "Microsoft.Storage/storageAccounts/blobServices", "apiVersion": "2023-01-01", "name": "a/default", "properties": {"deleteRetentionPolicy": {"enabled": true, "days": 9}}}"#;
    let of = |resources: &str| {
        let made = assets(&format!("\"resources\": [{resources}]"));
        short(
            only(&made, "Microsoft.Storage/storageAccounts/blobServices")
                .at("properties.deleteRetentionPolicy.enabled"),
        )
    };
    assert_eq!(of(account), "false");
    assert_eq!(of(&format!("{account}, {service}")), "true");
}

#[test]
fn settings_of_a_site_stand_in_it_wherever_they_are_written() {
    let made = assets(
        r#""resources": [{"type": "Microsoft.Web/sites", "apiVersion": "2022-03-01", "name": "w", "properties": {"siteConfig": {"ftpsState": "Disabled"}}, "resources": [
        {"type": "config", "apiVersion": "2022-03-01", "name": "web", "properties": {"minTlsVersion": "1.0"}},
        {"type": "config", "apiVersion": "2022-03-01", "name": "authsettings", "properties": {"enabled": true}},
        {"type": "basicPublishingCredentialsPolicies", "apiVersion": "2022-03-01", "name": "ftp", "properties": {"allow": false}}]}]"#,
    );
    let site = only(&made, "Microsoft.Web/sites");
    assert_eq!(short(site.at("properties.siteConfig.minTlsVersion")), "\"1.0\"");
    assert_eq!(short(site.at("properties.siteConfig.ftpsState")), "\"Disabled\"");
    assert_eq!(short(site.at("authsettingsV2.properties.platform.enabled")), "true");
    assert_eq!(short(site.at("basicPublishingCredentialsPolicies.ftp.properties.allow")), "false");
    assert_eq!(short(site.at("basicPublishingCredentialsPolicies.scm.properties.allow")), "true");
}

#[test]
fn subnets_inside_a_network_are_subnets() {
    let made = assets(
        r#""resources": [{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2023-04-01", "name": "n", "properties": {"subnets": [
            {"name": "one", "properties": {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": "[resourceId('Microsoft.Network/networkSecurityGroups', 'g')]"}}}]}},
        {"type": "Microsoft.Network/virtualNetworks/subnets", "apiVersion": "2023-04-01", "name": "n/two", "properties": {"addressPrefix": "10.0.1.0/24"}},
        {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2023-04-01", "name": "g"},
        {"type": "Microsoft.Network/networkSecurityGroups/securityRules", "apiVersion": "2023-04-01", "name": "g/ssh", "properties": {"access": "Allow"}}]"#,
    );
    let subnets = of_kind(&made, "Microsoft.Network/virtualNetworks/subnets");
    let names: Vec<_> = subnets.iter().map(|declared| declared.asset.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["one", "two"]);
    let group = only(&made, "Microsoft.Network/networkSecurityGroups");
    assert_eq!(short(group.at("properties.securityRules")), "[{name:\"ssh\",properties:{access:\"Allow\"}}]");
    assert_eq!(subnets[0].asset.properties.at("properties.networkSecurityGroup.id"), group.key("id"));
}

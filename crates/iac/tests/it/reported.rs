//! What the user is told about declarations that do not fit together.

use crate::{addresses, read};

#[test]
fn things_declared_twice_are_both_read_and_reported() {
    let read = read(&[
        ("a.tf", "resource \"t_x\" \"it\" {\n  v = local.l\n}\nlocals {\n  l = 1\n}\n"),
        ("b.tf", "resource \"t_x\" \"it\" {\n  v = local.l\n}\nlocals {\n  l = 2\n}\n"),
    ]);
    assert_eq!(addresses(&read), ["t_x.it", "t_x.it"]);
    let values: Vec<Option<i64>> =
        read.configurations[0].resources.iter().map(|found| found.arguments.key("v").as_int()).collect();
    assert_eq!(values, [Some(1), Some(2)], "each file means its own");
    assert_eq!(read.troubles.len(), 2);
}

#[test]
fn a_misspelt_block_is_reported() {
    let read = read(&[("main.tf", "resorce \"t_x\" \"it\" {}\n")]);
    assert_eq!(
        read.troubles[0].to_string(),
        "main.tf:1: `resorce` is no block that Terraform knows; it was left out; check its spelling"
    );
}

#[test]
fn a_missing_file_of_values_is_reported() {
    let input = partywall_iac::terraform::Input::File("none.tfvars".into());
    let read = crate::read_with(&[("main.tf", "")], &[input]);
    assert_eq!(
        read.troubles[0].to_string(),
        "none.tfvars: there is no such file; check the path, or create the file"
    );
}

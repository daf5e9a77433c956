use super::*;
use serde_json::json;

fn judged(definition: serde_json::Value, grants: &Grants) -> (Confinement, Vec<Violation>) {
    let definition = serde_json::from_value(definition).unwrap();
    let mut found = Vec::new();
    (confinement(&definition, "c", grants, &mut found), found)
}

fn open(definition: serde_json::Value) -> Confinement {
    let (confinement, found) = judged(definition, &Grants::open());
    assert_eq!(found, []);
    confinement
}

#[test]
fn options_of_docker_are_read_with_either_sign() {
    for option in ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"] {
        assert!(open(json!({"dockerSecurityOptions": [option]})).no_new_privileges, "{option}");
    }
    assert!(!open(json!({"dockerSecurityOptions": ["no-new-privileges:false"]})).no_new_privileges);
    let node = Some(Profile::Node("web".into()));
    assert_eq!(open(json!({"dockerSecurityOptions": ["apparmor=web"]})).app_armor, node);
    assert_eq!(
        open(json!({"dockerSecurityOptions": ["apparmor:docker-default"]})).app_armor,
        Some(Profile::Runtime)
    );
    let context = open(json!({"dockerSecurityOptions": ["label:level:s0:c1,c2", "label=type:svirt_t"]}));
    let context = context.se_linux.unwrap();
    assert_eq!((context.level.as_deref(), context.kind.as_deref()), (Some("s0:c1,c2"), Some("svirt_t")));
}

#[test]
fn only_what_loosens_the_confinement_needs_a_permission() {
    let nobody = Grants::none("prod", "shop");
    let tighter = json!(["no-new-privileges", "apparmor:web", "label:level:s0:c1", "label:type:container_t"]);
    assert_eq!(judged(json!({"dockerSecurityOptions": tighter}), &nobody).1, []);
    for option in
        ["apparmor:unconfined", "seccomp:unconfined", "label:disable", "label:type:spc_t", "label:user:u"]
    {
        let (_, found) = judged(json!({"dockerSecurityOptions": [option]}), &nobody);
        assert_eq!(found.len(), 1, "{option}: {found:?}");
        assert!(
            crate::resolve::remedy(&found).unwrap().contains("permissions: [SecurityOptions]"),
            "{}",
            found[0]
        );
    }
}

#[test]
fn a_device_takes_two_permissions_and_a_device_of_a_plugin_none() {
    let nobody = Grants::none("prod", "shop");
    let device = |path: &str| json!({"linuxParameters": {"devices": [{"hostPath": path}]}});
    let (confinement, found) = judged(device("/dev/fuse"), &nobody);
    assert!(confinement.privileged);
    let needed = ["Devices", "Privileged"].map(|name| format!("permission {name}"));
    assert!(found.iter().zip(&needed).all(|(one, name)| one.message.contains(name)), "{found:?}");
    assert_eq!(found.len(), 2);
    assert_eq!(judged(device("/dev/neuron12"), &nobody), (Confinement::default(), vec![]));
}

#[test]
fn a_credential_specification_is_called_as_its_source_ends() {
    let name = |text: &str| open(json!({"credentialSpecs": [text]})).credential_spec.unwrap();
    assert_eq!(name("credentialspec:arn:aws:s3:::bucket/folder/web-app.json"), "web-app");
    assert_eq!(name("credentialspecdomainless:arn:aws:ssm:eu:1:parameter/web"), "web");
    let (_, found) = judged(json!({"credentialSpecs": ["credentialspec:"]}), &Grants::open());
    assert_eq!(found.len(), 1);
}

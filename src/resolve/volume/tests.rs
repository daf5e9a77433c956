use super::*;
use crate::api::Cluster;
use serde_json::{Value, json};

fn grants(grant: Value) -> Grants {
    let spec = serde_json::from_value(json!({"kubernetes": {"grants": [grant]}})).unwrap();
    Grants::of(&Cluster::new("prod", spec), "prod", "shop")
}

fn judged(volume: Value, grants: &Grants) -> (Volume, Vec<Violation>) {
    let spec = serde_json::from_value(json!({"volumes": [volume]})).unwrap();
    let mut found = Vec::new();
    let mut volumes = volumes(&spec, grants, &mut found);
    (volumes.pop().unwrap(), found)
}

fn sound(volume: Value, grant: Value) -> Volume {
    let (volume, found) = judged(volume, &grants(grant));
    assert_eq!(found, []);
    volume
}

#[test]
fn a_path_of_the_node_is_judged_without_its_last_slash() {
    let host = |path: &str| json!({"name": "v", "host": {"sourcePath": path}});
    assert_eq!(
        sound(host("/srv/"), json!({"hostPaths": ["/srv"]})).source,
        VolumeSource::Node { path: "/srv/".into() }
    );
    sound(host("/"), json!({"hostPaths": ["/*"]}));
    for (path, allowed) in [("/srv/../etc", "/srv/*"), ("/srv2", "/srv/*"), ("srv", "/*"), ("/", "/srv/*")] {
        let (_, found) = judged(host(path), &grants(json!({"hostPaths": [allowed]})));
        assert_eq!(found.len(), 1, "{path}");
        assert_eq!(found[0].path, "spec.volumes[0].host.sourcePath");
    }
    let (_, found) = judged(host("/etc"), &grants(json!({})));
    assert!(crate::resolve::remedy(&found).unwrap().contains("hostPaths: [/etc]"), "{found:?}");
}

#[test]
fn a_path_with_steps_back_is_judged_and_mounted_as_where_it_leads() {
    for (written, path) in [
        ("/srv/a/../b", "/srv/b"),
        ("/srv/./b//c/", "/srv/b/c"),
        ("/../../srv/b", "/srv/b"),
        ("/srv/b/../..//srv/.", "/srv"),
        ("/srv/b..c", "/srv/b..c"),
        ("/srv/b/", "/srv/b/"),
    ] {
        let volume = json!({"name": "v", "host": {"sourcePath": written}});
        let source = sound(volume, json!({"hostPaths": ["/srv/*"]})).source;
        assert_eq!(source, VolumeSource::Node { path: path.into() }, "{written}");
    }
    for out in [
        "/srv/..",
        "/srv/../srv2",
        "/srv/../../etc",
        "/srv/a/../../etc/passwd",
        "/srv/..\\etc",
        "C:\\srv\\..\\x",
    ] {
        let (volume, found) = judged(
            json!({"name": "v", "host": {"sourcePath": out}}),
            &grants(json!({"hostPaths": ["/srv/*"]})),
        );
        assert_eq!(found.len(), 1, "{out}: {volume:?}");
    }
}

#[test]
fn memory_that_tasks_share_is_refused_with_what_to_write() {
    let options = json!({"scope": "shared", "driverOpts": {"type": "tmpfs"}});
    let volume = json!({"name": "cache", "dockerVolumeConfiguration": options});
    let (_, found) = judged(volume, &Grants::open());
    assert!(found[0].message.contains("write scope task"), "{found:?}");
    assert!(found[0].message.contains("host: {sourcePath: /dev/shm/cache}"), "{found:?}");
}

#[test]
fn an_access_point_is_never_taken_for_its_file_system() {
    let volume = json!({"name": "v", "efsVolumeConfiguration": {
        "fileSystemId": "fs-1", "transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": "fsap-2"},
    }});
    let (_, found) =
        judged(volume.clone(), &grants(json!({"volumes": [{"source": "fs-1", "claimName": "all"}]})));
    assert!(
        crate::resolve::remedy(&found)
            .unwrap()
            .contains("volumes: [{source: \"fs-1::fsap-2\", claimName: CLAIM}]"),
        "{found:?}"
    );
    let claim = sound(volume, json!({"volumes": [{"source": "fs-1::*"}]})).source;
    assert_eq!(claim, VolumeSource::Claim { name: "fsap-2".into() });
}

#[test]
fn scratch_space_of_docker_needs_no_mapping_and_is_never_mapped() {
    let everything = json!({"volumes": [{"source": "*", "claimName": "all"}]});
    let own = json!({"name": "v", "dockerVolumeConfiguration": {"scope": "task", "driver": "local"}});
    assert_eq!(sound(own, everything.clone()).source, VolumeSource::Scratch);
    let shared = json!({"name": "v", "dockerVolumeConfiguration": {"scope": "shared"}});
    assert_eq!(sound(shared, everything).source, VolumeSource::Claim { name: "all".into() });
}

#[test]
fn options_of_mount_become_memory_nfs_or_a_path() {
    let local = |options: Value| json!({"name": "v", "dockerVolumeConfiguration": {"driverOpts": options}});
    let source = |options: Value| sound(local(options), json!({"hostPaths": ["/data"]})).source;
    for (size, mib) in [("64m", 64), ("1g", 1024), ("1", 1), ("65537k", 65)] {
        let memory = source(json!({"type": "tmpfs", "o": format!("uid=1,size={size}")}));
        assert_eq!(memory, VolumeSource::Memory { mib: Some(mib) }, "{size}");
    }
    let nfs = |server: &str| VolumeSource::Nfs { server: server.into(), path: "/x".into(), read_only: false };
    assert_eq!(source(json!({"type": "nfs", "o": "addr=nas,rw", "device": ":/x"})), nfs("nas"));
    assert_eq!(
        source(json!({"type": "nfs4", "o": "rw", "device": "nas.example.com:/x"})),
        nfs("nas.example.com")
    );
    let bound = source(json!({"type": "none", "o": "bind", "device": "/data"}));
    assert_eq!(bound, VolumeSource::Node { path: "/data".into() });
}

#[test]
fn where_nobody_knows_the_cluster_every_source_stands_for_a_claim() {
    let volume = json!({"name": "v", "s3filesVolumeConfiguration": {"fileSystemArn": "arn:aws:s3files:eu:1:file-system/fs-9"}});
    let (volume, found) = judged(volume, &Grants::open());
    assert_eq!((volume.source, found), (VolumeSource::Claim { name: "fs-9".into() }, vec![]));
}

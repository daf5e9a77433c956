//! The OCI archive: layer, configuration, manifest and index in one tar file.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::{Content, Image};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Writes the archive.
pub(super) fn write(image: &Image, target: &Path) -> Result<()> {
    let layer = layer(&image.content)?;
    let config = config(image, &layer).to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, &config),
        "layers": [descriptor(LAYER, &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut listed = descriptor(MANIFEST, &manifest);
    if let Some(listed) = listed.as_object_mut() {
        listed.insert("platform".to_owned(), json!({"architecture": architecture(), "os": "linux"}));
        let annotations = json!({
            "io.containerd.image.name": image.name,
            "org.opencontainers.image.ref.name": image.name.rsplit(':').next(),
        });
        listed.insert("annotations".to_owned(), annotations);
    }
    let index = json!({"schemaVersion": 2, "manifests": [listed]}).to_string();

    let mut tar = Builder::new(BufWriter::new(File::create(target)?));
    append(&mut tar, "oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    for blob in [&layer, &config, &manifest] {
        append(&mut tar, &format!("blobs/sha256/{}", sha256(blob)), 0o644, blob)?;
    }
    append(&mut tar, "index.json", 0o644, index.as_bytes())?;
    tar.into_inner()?.flush()?;
    Ok(())
}

/// Stands for everything that goes into the image.
pub(super) fn hash(image: &Image) -> Result<String> {
    let mut all = config(image, &layer(&image.content)?).to_string();
    all.push_str(&image.name);
    Ok(sha256(all.as_bytes()).chars().take(12).collect())
}

fn config(image: &Image, layer: &[u8]) -> Value {
    let env: Vec<_> = image.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut config = json!({"Entrypoint": image.entrypoint, "Env": env, "WorkingDir": "/"});
    if let Some(config) = config.as_object_mut() {
        if !image.command.is_empty() {
            config.insert("Cmd".to_owned(), json!(image.command));
        }
        if !image.user.is_empty() {
            config.insert("User".to_owned(), json!(image.user));
        }
    }
    json!({
        "architecture": architecture(),
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", sha256(layer))]},
        "history": [{"created_by": "berth testbed"}],
    })
}

/// The name of this machine's architecture in images.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": format!("sha256:{}", sha256(bytes)), "size": bytes.len()})
}

fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn layer(content: &[Content]) -> Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    for folder in folders(content) {
        append_folder(&mut tar, &folder, 0o755)?;
    }
    for entry in content {
        match entry {
            Content::File { path, mode, source } => {
                let bytes =
                    std::fs::read(source).with_context(|| format!("cannot read {}", source.display()))?;
                append(&mut tar, path, *mode, &bytes)?;
            }
            Content::Text { path, mode, text } => append(&mut tar, path, *mode, text.as_bytes())?,
            Content::Link { path, target } => {
                let mut header = header(EntryType::Symlink, 0o777, 0);
                tar.append_link(&mut header, path, target)?;
            }
            Content::Folder { path, mode } => append_folder(&mut tar, path, *mode)?,
        }
    }
    Ok(tar.into_inner()?)
}

/// The folders that the entries are in, outer ones first.
fn folders(content: &[Content]) -> Vec<String> {
    let mut folders = std::collections::BTreeSet::new();
    for entry in content {
        let (Content::File { path, .. }
        | Content::Text { path, .. }
        | Content::Link { path, .. }
        | Content::Folder { path, .. }) = entry;
        let parents = Path::new(path).ancestors().skip(1).map(|parent| parent.display().to_string());
        folders.extend(parents.filter(|parent| !parent.is_empty()));
    }
    folders.into_iter().collect()
}

/// The same content gives the same bytes: no times, no owners.
fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn append<W: std::io::Write>(tar: &mut Builder<W>, path: &str, mode: u32, bytes: &[u8]) -> Result<()> {
    let mut header = header(EntryType::Regular, mode, bytes.len() as u64);
    tar.append_data(&mut header, path, bytes)?;
    Ok(())
}

fn append_folder<W: std::io::Write>(tar: &mut Builder<W>, path: &str, mode: u32) -> Result<()> {
    let mut header = header(EntryType::Directory, mode, 0);
    tar.append_data(&mut header, format!("{path}/"), std::io::empty())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Content, Image};
    use std::collections::BTreeMap;
    use std::io::Read;

    fn image() -> Image {
        Image {
            name: "localhost/thing:v1".to_owned(),
            entrypoint: vec!["/usr/bin/thing".to_owned()],
            env: vec![("A".to_owned(), "b".to_owned())],
            user: "65532".to_owned(),
            content: vec![
                Content::Text { path: "usr/bin/thing".to_owned(), mode: 0o755, text: "#!".to_owned() },
                Content::Link { path: "bin/sh".to_owned(), target: "/usr/bin/thing".to_owned() },
            ],
            ..Image::default()
        }
    }

    fn read(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(bytes);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().display().to_string(), content)
        });
        entries.collect()
    }

    #[test]
    fn digests_lead_from_the_index_to_the_layer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image.tar");
        image().write(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let files = read(&bytes);
        let json = |name: &str| serde_json::from_slice::<serde_json::Value>(&files[name]).unwrap();
        let blob = |digest: &serde_json::Value| digest.as_str().unwrap().replace("sha256:", "blobs/sha256/");
        let index = json("index.json");
        assert_eq!(index["manifests"][0]["annotations"]["io.containerd.image.name"], "localhost/thing:v1");
        let manifest = json(&blob(&index["manifests"][0]["digest"]));
        let config = json(&blob(&manifest["config"]["digest"]));
        assert_eq!(config["config"]["User"], "65532");
        assert_eq!(config["rootfs"]["diff_ids"][0], manifest["layers"][0]["digest"]);
        let layer = read(&files[&blob(&manifest["layers"][0]["digest"])]);
        let names: Vec<_> = layer.keys().map(String::as_str).collect();
        assert_eq!(names, ["bin/", "bin/sh", "usr/", "usr/bin/", "usr/bin/thing"]);
        image().write(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_tag_is_needed_and_not_latest() {
        for name in ["localhost/thing", "localhost/thing:latest", "localhost:5000/thing"] {
            let image = Image { name: name.to_owned(), ..image() };
            assert!(
                image.write(std::path::Path::new("/nonexistent")).unwrap_err().to_string().contains("tag")
            );
        }
    }
}

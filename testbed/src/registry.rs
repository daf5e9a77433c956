//! A registry that real nodes pull from, with tags that a test can move.
//!
//! It serves what pulling needs of the OCI distribution protocol, over plain HTTP, from memory. It ends with its
//! value; connections that are under way are answered.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::Bed;
use crate::files;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A running registry.
pub struct Registry {
    address: SocketAddr,
    content: Arc<Mutex<Content>>,
    ended: Arc<AtomicBool>,
}

#[derive(Default)]
struct Content {
    /// By digest.
    blobs: BTreeMap<String, Vec<u8>>,
    /// Digests of manifests by `name:tag`.
    tags: BTreeMap<String, String>,
}

impl Registry {
    /// Starts one where the bed's nodes reach it, and tells them that it speaks plain HTTP.
    pub fn start(bed: &Bed) -> Result<Self> {
        let host = bed.real()?.network().host_ip();
        let listener = TcpListener::bind((host, 0)).context("cannot listen for image pulls")?;
        let address = listener.local_addr()?;
        let registries = folder(bed.dir()).join(address.to_string());
        files::create_dir(&registries)?;
        files::write(&registries.join("hosts.toml"), &format!("server = \"http://{address}\"\n"))?;
        let (content, ended) = (Arc::<Mutex<Content>>::default(), Arc::new(AtomicBool::new(false)));
        let (shared, over) = (Arc::clone(&content), Arc::clone(&ended));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let content = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &content).ok());
            }
        });
        Ok(Self { address, content, ended })
    }

    /// Lets `name:tag` stand for the image in an OCI archive, whatever it stood for; returns its digest.
    pub fn push(&self, archive: &Path, name: &str, tag: &str) -> Result<String> {
        let file =
            std::fs::File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
        let (mut blobs, mut digest) = (BTreeMap::new(), None);
        for entry in tar::Archive::new(file).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            if let Some(hash) = path.strip_prefix("blobs/sha256/") {
                blobs.insert(format!("sha256:{hash}"), bytes);
            } else if path == "index.json" {
                let index: Value = serde_json::from_slice(&bytes)?;
                digest = index.pointer("/manifests/0/digest").and_then(Value::as_str).map(str::to_owned);
            }
        }
        let digest = digest.with_context(|| format!("{} is no OCI archive", archive.display()))?;
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        content.blobs.extend(blobs);
        content.tags.insert(format!("{name}:{tag}"), digest.clone());
        Ok(digest)
    }

    /// The image as pods name it.
    pub fn image(&self, name: &str, tag: &str) -> String {
        format!("{}/{name}:{tag}", self.address)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for the next connection.
        TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok();
    }
}

/// Where the nodes of the bed in `dir` look for what is special about a registry.
pub(crate) fn folder(dir: &Path) -> std::path::PathBuf {
    dir.join("real/registries")
}

fn answer(stream: TcpStream, content: &Mutex<Content>) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(&stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut words = request.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let found = find(path.split('?').next().unwrap_or_default(), content);
    let mut writer = &stream;
    let Some((kind, digest, body)) = found else {
        writer.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return Ok(());
    };
    write!(
        writer,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nDocker-Content-Digest: {digest}\r\n\
         Docker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    if method != "HEAD" {
        writer.write_all(&body)?;
    }
    Ok(())
}

/// Type, digest and bytes of what `path` names.
fn find(path: &str, content: &Mutex<Content>) -> Option<(&'static str, String, Vec<u8>)> {
    let rest = path.strip_prefix("/v2/")?;
    if rest.is_empty() {
        return Some(("application/json", String::new(), b"{}".to_vec()));
    }
    let content = content.lock().unwrap_or_else(PoisonError::into_inner);
    let (kind, digest) = match rest.rsplit_once("/manifests/") {
        Some((_, digest)) if digest.starts_with("sha256:") => (MANIFEST, digest.to_owned()),
        Some((name, tag)) => (MANIFEST, content.tags.get(&format!("{name}:{tag}"))?.clone()),
        None => ("application/octet-stream", rest.rsplit_once("/blobs/")?.1.to_owned()),
    };
    let body = content.blobs.get(&digest)?.clone();
    Some((kind, digest, body))
}

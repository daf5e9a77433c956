//! The certificates of one bed: a CA of its own, the apiserver's serving certificate, the
//! service account key and any number of client certificates. All are ECDSA P-256, made
//! in this process, and live in `<bed>/pki`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};

/// A certificate authority in a folder.
#[derive(Debug)]
pub struct Pki {
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Pki {
    /// Makes a new authority in `dir`, with a serving certificate for the apiserver
    /// (`apiserver.crt`) that answers to `addresses` and the usual in-cluster names, and the
    /// key pair of service accounts (`sa.key`, `sa.pub`).
    pub fn create(dir: &Path, addresses: &[IpAddr]) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let key = KeyPair::generate()?;
        let params = ca_params();
        write(&dir.join("ca.crt"), &params.self_signed(&key)?.pem())?;
        write(&dir.join("ca.key"), &key.serialize_pem())?;
        let pki = Self { dir: dir.to_owned(), issuer: Issuer::new(params, key) };
        pki.issue_serving_cert("apiserver", addresses)?;
        let accounts = KeyPair::generate()?;
        write(&dir.join("sa.key"), &accounts.serialize_pem())?;
        write(&dir.join("sa.pub"), &accounts.public_key_pem())?;
        Ok(pki)
    }

    /// Opens the authority that [`Pki::create`] made in `dir`.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("ca.key");
        let pem = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}: is there a bed in this folder?", path.display()))?;
        // The parameters are constant, so key and parameters together are the same issuer again.
        Ok(Self { dir: dir.to_owned(), issuer: Issuer::new(ca_params(), KeyPair::from_pem(&pem)?) })
    }

    /// The authority's own certificate.
    pub fn ca_path(&self) -> PathBuf {
        self.path("ca.crt")
    }

    /// A file of this folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Issues a client certificate; returns the paths of certificate and key. A second call
    /// with the same names replaces the first one's files.
    pub fn issue_client_cert(&self, common_name: &str, organisations: &[&str]) -> Result<(PathBuf, PathBuf)> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, common_name);
        // A distinguished name here holds one value per attribute type. Spelling the attribute by
        // its number makes room for a second group; more than that nobody needed.
        let types = [DnType::OrganizationName, DnType::CustomDnType(vec![2, 5, 4, 10])];
        ensure!(
            organisations.len() <= types.len(),
            "a certificate of the test bed carries at most {} groups, {common_name} wants {}: bind its roles to fewer groups",
            types.len(),
            organisations.len()
        );
        for (attribute, organisation) in types.into_iter().zip(organisations) {
            name.push(attribute, *organisation);
        }
        params.distinguished_name = name;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(&file_name(common_name), params)
    }

    /// Issues a serving certificate `<name>.crt` for loopback, `addresses` and the names of the
    /// apiserver's Service.
    pub fn issue_serving_cert(&self, name: &str, addresses: &[IpAddr]) -> Result<(PathBuf, PathBuf)> {
        let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
        let mut params = CertificateParams::new(
            names
                .iter()
                .map(|n| (*n).to_owned())
                .chain(["kubernetes.default.svc.cluster.local".to_owned()])
                .collect::<Vec<_>>(),
        )?;
        let loopback = IpAddr::from([127, 0, 0, 1]);
        for address in addresses.iter().filter(|a| **a != loopback).chain([&loopback]) {
            params.subject_alt_names.push(SanType::IpAddress(*address));
        }
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(name, params)
    }

    fn issue(&self, file: &str, mut params: CertificateParams) -> Result<(PathBuf, PathBuf)> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate()?;
        let cert = params.signed_by(&key, &self.issuer)?;
        let paths = (self.path(&format!("{file}.crt")), self.path(&format!("{file}.key")));
        write(&paths.0, &cert.pem())?;
        write(&paths.1, &key.serialize_pem())?;
        Ok(paths)
    }
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "berth-testbed-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params
}

/// User names hold colons (`system:node:n1`), which are awkward in file names and in `PATH`-like lists.
fn file_name(common_name: &str) -> String {
    common_name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' })
        .collect()
}

fn write(path: &Path, text: &str) -> Result<()> {
    crate::files::write_private(path, text.as_bytes())
}

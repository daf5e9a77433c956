//! The control plane of one bed, as its nodes see it: addresses, certificates, processes.

mod launch;
mod settings;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::files;
use crate::parts::Binaries;
use crate::pki::Pki;
use crate::process::Processes;
pub use settings::Settings;

/// The range of Service addresses, of a bed without real nodes. See [`Plane::service_cidr`].
pub const SERVICE_CIDR: &str = "10.252.0.0/16";
/// The address of the `kubernetes` Service.
pub const KUBERNETES_SERVICE_IP: Ipv4Addr = Ipv4Addr::new(10, 252, 0, 1);
/// The address of the cluster's DNS Service, of a bed without real nodes. See [`Plane::dns_ip`].
pub const DNS_IP: Ipv4Addr = Ipv4Addr::new(10, 252, 0, 10);
/// The cluster's DNS domain.
pub const CLUSTER_DOMAIN: &str = "cluster.local";

/// A control plane.
#[derive(Debug)]
pub struct Plane {
    /// The bed's folder; everything is in it.
    pub dir: PathBuf,
    /// The apiserver's URL.
    pub url: String,
    /// The address that the apiserver listens on.
    pub bind_ip: IpAddr,
    /// The range of Service addresses. With real nodes it is `real::Network::service_cidr`, since
    /// this machine can lead each range to one bed only.
    pub service_cidr: String,
    /// The address of the cluster's DNS Service; with real nodes `real::Network::dns_ip`.
    pub dns_ip: Ipv4Addr,
    /// The bed's certificates.
    pub pki: Pki,
    /// The bed's processes.
    pub processes: Processes,
    /// The programs that this bed was started with.
    pub binaries: Binaries,
    /// What it was started with.
    pub settings: Settings,
}

impl Plane {
    /// A plane that is not running yet: its certificates.
    pub(crate) fn create(
        dir: &Path,
        processes: Processes,
        binaries: Binaries,
        settings: Settings,
    ) -> Result<Self> {
        let addresses = [settings.bind_ip, settings.kubernetes_ip()?];
        let pki = Pki::create(&dir.join("pki"), &addresses)?;
        Ok(Self::assemble(dir, processes, binaries, settings, pki))
    }

    /// The plane that runs in this folder.
    pub(crate) fn open(dir: &Path, binaries: Binaries) -> Result<Self> {
        let settings = Settings::load(dir)?;
        let pki = Pki::open(&dir.join("pki"))?;
        Ok(Self::assemble(dir, Processes::open(dir), binaries, settings, pki))
    }

    fn assemble(dir: &Path, processes: Processes, binaries: Binaries, settings: Settings, pki: Pki) -> Self {
        Self {
            dir: dir.to_owned(),
            url: settings.url(),
            bind_ip: settings.bind_ip,
            service_cidr: settings.service_cidr.clone(),
            dns_ip: settings.dns_ip,
            pki,
            processes,
            binaries,
            settings,
        }
    }

    /// Takes other ports, before a start.
    pub(crate) fn pick_ports(&mut self) -> Result<()> {
        self.settings.pick_ports()?;
        self.url = self.settings.url();
        self.settings.save(&self.dir)?;
        self.write_kubeconfig_at(&self.admin_kubeconfig(), "admin", &["system:masters"])
    }

    /// The certificate that everybody trusts.
    pub fn ca_path(&self) -> PathBuf {
        self.pki.ca_path()
    }

    /// The administrator's kubeconfig.
    pub fn admin_kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }

    /// Issues a client certificate; returns the paths of certificate and key.
    pub fn issue_client_cert(&self, common_name: &str, organisation: &str) -> Result<(PathBuf, PathBuf)> {
        self.pki.issue_client_cert(common_name, &[organisation])
    }

    /// Writes `<bed>/<name>.kubeconfig` for a user by client certificate. An empty organisation
    /// means no group.
    pub fn write_kubeconfig(&self, name: &str, common_name: &str, organisation: &str) -> Result<PathBuf> {
        let groups: &[&str] = if organisation.is_empty() { &[] } else { &[organisation] };
        let path = self.dir.join(format!("{name}.kubeconfig"));
        self.write_kubeconfig_at(&path, common_name, groups)?;
        Ok(path)
    }

    /// Writes a kubeconfig for a user and groups by client certificate.
    pub fn write_kubeconfig_at(&self, path: &Path, common_name: &str, groups: &[&str]) -> Result<()> {
        let (certificate, key) = self.pki.issue_client_cert(common_name, groups)?;
        // Read back and embedded: a kubeconfig is copied about, and must go on working then.
        let config = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "berth-testbed",
            "clusters": [{"name": "berth-testbed", "cluster": {
                "server": self.url,
                "certificate-authority-data": base64(&std::fs::read(self.ca_path())?),
            }}],
            "users": [{"name": common_name, "user": {
                "client-certificate-data": base64(&std::fs::read(certificate)?),
                "client-key-data": base64(&std::fs::read(key)?),
            }}],
            "contexts": [{"name": "berth-testbed", "context": {
                "cluster": "berth-testbed", "user": common_name,
            }}],
        });
        files::write_private(path, serde_json::to_string_pretty(&config)?.as_bytes())
    }
}

/// Base64 with padding. `ByteString` of the Kubernetes types is exactly that.
fn base64(bytes: &[u8]) -> serde_json::Value {
    serde_json::to_value(k8s_openapi::ByteString(bytes.to_vec())).unwrap_or_default()
}

//! Starting a bed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http::Request;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};

use super::{Bed, BedConfig};
use crate::files;
use crate::parts;
use crate::plane::{Plane, Settings};
use crate::process::Processes;
use crate::real;

/// How long a start may take on a busy machine; usually it is a few seconds.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);

impl Bed {
    /// Starts a bed and returns once pods can be created and all its nodes take them. The first
    /// start on a machine builds the programs, which takes minutes.
    pub async fn start(mut config: BedConfig) -> Result<Self> {
        if !config.real.is_empty() {
            real::needs::check()?;
        }
        let wanted = config.parts();
        let binaries = tokio::task::spawn_blocking(move || parts::ensure(&wanted)).await??;
        let dir = prepare_dir(config.dir.as_deref())?;
        let processes = Processes::new(&dir)?;
        if !config.real.is_empty() {
            let network = real::Network::create(&dir, &processes)?;
            config.kubelets = true;
            config.bind_ip = network.host_ip().into();
            config.service_cidr = network.service_cidr();
            config.dns_ip = network.dns_ip();
        }
        let plane = Plane::create(&dir, processes, binaries, settings(&config))?;
        Self::start_plane(plane, config).await
    }

    async fn start_plane(plane: Plane, config: BedConfig) -> Result<Self> {
        // From here on it is a bed, and ends in order if something fails.
        let mut plane = plane;
        plane.pick_ports()?;
        let mut bed = Self::from_plane(plane).await?;
        bed.start_api().await?;
        bed.plane.launch_controllers()?;
        bed.wait_for_service_account().await?;
        bed.add_simulated_nodes(config.nodes).await?;
        if !config.real.is_empty() {
            bed.real()?.start(config.real).await?;
        }
        Ok(bed)
    }

    /// Another program may take a port between our look and ours: then others are tried.
    async fn start_api(&mut self) -> Result<()> {
        for _ in 0..5 {
            self.plane.launch_etcd()?;
            self.plane.launch_apiserver()?;
            let Err(error) = self.wait_for_api(&["etcd", "kube-apiserver"]).await else { return Ok(()) };
            if !format!("{error:#}").contains("address already in use") {
                return Err(error);
            }
            self.plane.processes.kill("kube-apiserver")?;
            self.plane.processes.kill("etcd")?;
            std::fs::remove_dir_all(self.plane.dir.join("etcd")).ok();
            self.plane.pick_ports()?;
            self.config = super::load_config(&self.kubeconfig).await?;
        }
        bail!("five times in a row another program took a port of the bed; try again")
    }

    /// Waits until the apiserver answers that it is ready.
    async fn wait_for_api(&self, needed: &[&str]) -> Result<()> {
        let client = self.client()?;
        let start = Instant::now();
        loop {
            let answer = ready(&client).await;
            // Also after a good answer: it may have come from another bed's etcd, whose port ours
            // did not get.
            self.plane.check_running(needed)?;
            let Err(error) = answer else { return Ok(()) };
            if start.elapsed() > PATIENCE {
                let log = self.plane.processes.log("kube-apiserver");
                bail!("the apiserver is not ready after {PATIENCE:?} ({error}); see {}", log.display());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Pods are refused before their namespace has its default ServiceAccount.
    async fn wait_for_service_account(&self) -> Result<()> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client()?, "default");
        let start = Instant::now();
        while accounts.get_opt("default").await?.is_none() {
            self.plane.check_running(&["kube-controller-manager"])?;
            let log = self.plane.processes.log("kube-controller-manager");
            ensure!(start.elapsed() < PATIENCE, "no ServiceAccount `default`; see {}", log.display());
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Kills the apiserver.
    pub fn stop_apiserver(&self) -> Result<()> {
        self.plane.processes.kill("kube-apiserver")
    }

    /// Starts the apiserver after [`Bed::stop_apiserver`], and waits until it is ready.
    pub async fn start_apiserver(&self) -> Result<()> {
        self.plane.launch_apiserver()?;
        self.wait_for_api(&["etcd", "kube-apiserver"]).await
    }

    /// Kills the apiserver and starts it again: every connection and watch breaks.
    pub async fn restart_apiserver(&self) -> Result<()> {
        self.stop_apiserver()?;
        self.start_apiserver().await
    }
}

/// One question, with little patience: while etcd comes up the apiserver leaves some unanswered.
async fn ready(client: &Client) -> Result<()> {
    let request = Request::get("/readyz").body(Vec::new())?;
    tokio::time::timeout(Duration::from_secs(3), client.request_text(request)).await??;
    Ok(())
}

fn settings(config: &BedConfig) -> Settings {
    Settings {
        bind_ip: config.bind_ip,
        api_port: 0,
        etcd_port: 0,
        peer_port: 0,
        service_cidr: config.service_cidr.clone(),
        dns_ip: config.dns_ip,
        kubelets: config.kubelets,
        simulated: config.simulated,
        node_grace: config.node_grace,
        apiserver_args: config.apiserver_args.clone(),
        scheduler_profiles: config.scheduler_profiles.clone(),
    }
}

/// An empty folder for the bed, by its one true name: the processes carry it as their mark.
fn prepare_dir(wanted: Option<&Path>) -> Result<PathBuf> {
    let dir = match wanted {
        Some(dir) => {
            files::create_dir(dir)?;
            dir.to_owned()
        }
        None => {
            let dir = tempfile::Builder::new().prefix("berth-testbed-").tempdir();
            dir.context("cannot create a temporary folder")?.keep()
        }
    };
    ensure!(
        std::fs::read_dir(&dir)?.next().is_none(),
        "the folder {} is not empty: end the bed in it with `testbed down`, or name another folder",
        dir.display()
    );
    Ok(std::fs::canonicalize(dir)?)
}

//! The processes of a control plane and their arguments.

use std::process::Command;

use anyhow::{Result, bail};
use serde_json::json;

use super::Plane;
use crate::files;
use crate::parts::Part;

impl Plane {
    /// Starts what needs a ready apiserver: controllers, scheduler, and kwok if wanted.
    pub(crate) fn launch_controllers(&self) -> Result<()> {
        self.launch_controller_manager()?;
        self.launch_scheduler()?;
        if self.settings.simulated {
            self.launch_kwok()?;
        }
        Ok(())
    }

    /// Starts etcd.
    pub(crate) fn launch_etcd(&self) -> Result<()> {
        let client = self.settings.etcd_url();
        let peer = format!("http://127.0.0.1:{}", self.settings.peer_port);
        let mut etcd = self.command(Part::Etcd)?;
        etcd.arg("--data-dir").arg(self.dir.join("etcd"));
        etcd.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        etcd.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        etcd.args(["--initial-cluster", &format!("default={peer}"), "--log-level", "warn"]);
        // A bed that loses power is thrown away: there is nothing to sync for.
        etcd.args(["--unsafe-no-fsync", "--quota-backend-bytes", "8589934592"]);
        self.processes.spawn("etcd", &mut etcd)?;
        Ok(())
    }

    /// Starts the apiserver.
    pub(crate) fn launch_apiserver(&self) -> Result<()> {
        let mut api = self.command(Part::KubeApiserver)?;
        let pki = |name: &str| self.pki.path(name);
        let settings = &self.settings;
        let bind = settings.bind_ip.to_string();
        api.args(["--etcd-servers", &settings.etcd_url(), "--bind-address", &bind]);
        api.args(["--secure-port", &settings.api_port.to_string()]);
        api.arg("--tls-cert-file").arg(pki("apiserver.crt"));
        api.arg("--tls-private-key-file").arg(pki("apiserver.key"));
        api.arg("--client-ca-file").arg(pki("ca.crt"));
        api.args(["--service-account-issuer", "https://kubernetes.default.svc"]);
        api.arg("--service-account-key-file").arg(pki("sa.pub"));
        api.arg("--service-account-signing-key-file").arg(pki("sa.key"));
        api.args(["--service-cluster-ip-range", &settings.service_cidr, "--allow-privileged=true"]);
        // Tests put loads on it that a fair share would hold up.
        api.args(["--enable-priority-and-fairness=false", "--max-requests-inflight=0"]);
        api.arg("--max-mutating-requests-inflight=0");
        if settings.kubelets {
            let (certificate, key) =
                self.issue_client_cert("kube-apiserver-kubelet-client", "system:masters")?;
            api.args(["--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction"]);
            api.arg("--kubelet-client-certificate").arg(certificate);
            api.arg("--kubelet-client-key").arg(key);
            api.args(["--kubelet-preferred-address-types", "InternalIP", "--advertise-address", &bind]);
        } else {
            // Nobody reaches it through its Service; without a default route it would not find an
            // address to advertise, and loopback is refused.
            api.args(["--authorization-mode", "RBAC", "--endpoint-reconciler-type", "none"]);
            api.args(["--advertise-address", "198.18.0.1"]);
        }
        api.args(&settings.apiserver_args);
        self.processes.spawn("kube-apiserver", &mut api)?;
        Ok(())
    }

    fn launch_controller_manager(&self) -> Result<()> {
        let kubeconfig = self.write_kubeconfig("kcm", "system:kube-controller-manager", "")?;
        let mut kcm = self.command(Part::KubeControllerManager)?;
        for flag in ["--kubeconfig", "--authentication-kubeconfig", "--authorization-kubeconfig"] {
            kcm.arg(flag).arg(&kubeconfig);
        }
        kcm.arg("--service-account-private-key-file").arg(self.pki.path("sa.key"));
        kcm.arg("--root-ca-file").arg(self.ca_path());
        kcm.arg("--cluster-signing-cert-file").arg(self.ca_path());
        kcm.arg("--cluster-signing-key-file").arg(self.pki.path("ca.key"));
        kcm.args(["--use-service-account-credentials=true", "--leader-elect=false", "--secure-port=0"]);
        kcm.args(["--kube-api-qps=1000", "--kube-api-burst=2000", "--node-monitor-period=1s"]);
        kcm.arg(format!("--node-monitor-grace-period={}s", self.settings.node_grace.as_secs()));
        kcm.arg("--horizontal-pod-autoscaler-sync-period=2s");
        // For a test that deletes hundreds of owners and waits for what they own.
        kcm.args(["--concurrent-gc-syncs=50", "--concurrent-namespace-syncs=20"]);
        self.processes.spawn("kube-controller-manager", &mut kcm)?;
        Ok(())
    }

    fn launch_scheduler(&self) -> Result<()> {
        let kubeconfig = self.write_kubeconfig("scheduler", "system:kube-scheduler", "")?;
        let mut profiles = vec![json!({"schedulerName": "default-scheduler"})];
        profiles.extend(self.settings.scheduler_profiles.iter().cloned());
        let config = json!({
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "leaderElection": {"leaderElect": false},
            "clientConnection": {"kubeconfig": kubeconfig, "qps": 2000, "burst": 4000},
            "profiles": profiles,
        });
        let path = self.dir.join("scheduler.json");
        files::write(&path, &serde_json::to_string_pretty(&config)?)?;
        let mut scheduler = self.command(Part::KubeScheduler)?;
        scheduler.arg("--config").arg(path);
        for flag in ["--authentication-kubeconfig", "--authorization-kubeconfig"] {
            scheduler.arg(flag).arg(&kubeconfig);
        }
        scheduler.arg("--secure-port=0");
        self.processes.spawn("kube-scheduler", &mut scheduler)?;
        Ok(())
    }

    fn launch_kwok(&self) -> Result<()> {
        let path = self.dir.join("kwok.yaml");
        // Leases are renewed at a quarter of their time, well within the controllers' patience.
        let lease = self.settings.node_grace.as_secs().clamp(4, 300);
        files::write(&path, &crate::stages::kwok_config(lease))?;
        let mut kwok = self.command(Part::Kwok)?;
        kwok.arg("--kubeconfig").arg(self.write_kubeconfig(
            "kwok",
            "berth-testbed-kwok",
            "system:masters",
        )?);
        kwok.arg("--config").arg(path);
        self.processes.spawn("kwok", &mut kwok)?;
        Ok(())
    }

    /// Fails with the end of its log if one of `names` ended.
    pub(crate) fn check_running(&self, names: &[&str]) -> Result<()> {
        for name in names {
            if !self.processes.is_running(name) {
                let log = self.processes.log(name);
                bail!("{name} ended; its log {} ends with:\n{}", log.display(), files::tail(&log, 12));
            }
        }
        Ok(())
    }

    fn command(&self, part: Part) -> Result<Command> {
        let mut command = Command::new(self.binaries.path(part)?);
        command.current_dir(&self.dir);
        Ok(command)
    }
}

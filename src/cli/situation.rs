//! What a cluster holds: asked, or read from files that stand for it.

use super::cluster::Access;
use super::files::texts;
use crate::kubernetes::Desk;
use crate::render::{Situation, documents};
use anyhow::{Context, anyhow, ensure};
use k8s_openapi::api::core::v1::{Node, Pod};
use std::path::PathBuf;
use std::sync::Arc;

/// The namespace that is meant, and what there is: in `files` if there are any, else in the cluster.
///
/// # Errors
/// When it cannot be read.
pub(super) fn situation(access: &Access, files: &[PathBuf]) -> anyhow::Result<(String, Situation)> {
    if files.is_empty() {
        return access.ask(async |desk| Ok((desk.namespace().to_owned(), asked(&desk).await?)));
    }
    let mut situation = Situation::default();
    let read = texts(files)?;
    if let Some((source, why)) = read.unread.first() {
        return Err(anyhow!("{source}: {why}"));
    }
    for (source, text) in &read.texts {
        let found =
            documents(text).map_err(|error| anyhow!("{source}: is neither YAML nor JSON: {error}"))?;
        found.into_iter().for_each(|document| situation.add(document));
    }
    ensure!(
        !situation.nodes.is_empty(),
        "there is no Node in what --nodes names: write it with kubectl get nodes,pods -A -o yaml"
    );
    Ok((access.namespace().unwrap_or("default").to_owned(), situation))
}

/// What the cluster holds, as far as whoever asks may read it.
async fn asked(desk: &Desk) -> anyhow::Result<Situation> {
    let ours = crate::translate::managed_selector();
    let pods: Vec<Pod> = match desk.list_everywhere("").await {
        Ok(pods) => pods,
        Err(kube::Error::Api(refusal)) if refusal.code == 403 => {
            eprintln!(
                "note: pods of other namespaces may not be read: less may be left on nodes than is said here"
            );
            desk.list("").await.context("cannot read pods")?
        }
        Err(error) => return Err(error).context("cannot read pods"),
    };
    Ok(Situation {
        nodes: desk.list_everywhere::<Node>("").await.context("cannot read nodes")?,
        pods,
        services: shared(desk.list("").await.context("cannot read ecsservices")?),
        definitions: shared(desk.list("").await.context("cannot read taskdefinitions.ecs.berth.dev")?),
        discoveries: shared(desk.list("").await.context("cannot read servicediscoveries")?),
        clusters: shared(desk.list_everywhere("").await.context("cannot read ecsclusters")?),
        revisions: desk.list(&ours).await.context("cannot read controllerrevisions")?,
        profiles: false,
    })
}

fn shared<K>(objects: Vec<K>) -> Vec<Arc<K>> {
    objects.into_iter().map(Arc::new).collect()
}

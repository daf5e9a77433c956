//! `berth deregister`: no new task may use a revision.

use super::cluster::Access;
use crate::api::TaskDefinition;
use crate::kubernetes::Desk;
use crate::resolve::revision::numbers::{ANNOTATION, Numbers, number};
use crate::resolve::revision::{self, read};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;

/// What to deregister.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The revision, as ECS writes it.
    #[arg(value_name = "FAMILY:REVISION", required = true)]
    revisions: Vec<String>,
    #[command(flatten)]
    access: Access,
}

/// Annotates the TaskDefinition of each family.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let wanted: anyhow::Result<Vec<(String, i64)>> =
        arguments.revisions.iter().map(|text| parse(text)).collect();
    let wanted = wanted?;
    arguments.access.ask(async |desk| {
        for (family, number) in &wanted {
            let name = deregister(&desk, family, *number).await?;
            println!("taskdefinition.ecs.berth.dev/{name} annotated: {family}:{number} is deregistered");
        }
        Ok(())
    })
}

/// Family and number, with ECS's words for what is neither.
fn parse(text: &str) -> anyhow::Result<(String, i64)> {
    let short = match text.split_once(":task-definition/") {
        Some((arn, short)) if arn.starts_with("arn:") => short,
        _ => text,
    };
    let (family, revision) = short.rsplit_once(':').ok_or_else(|| anyhow!("Revision is missing."))?;
    Ok((family.to_owned(), number(revision).map_err(|message| anyhow!(message))?))
}

async fn deregister(desk: &Desk, family: &str, number: i64) -> anyhow::Result<String> {
    let definitions: Vec<TaskDefinition> = desk.list("").await.context("cannot read task definitions")?;
    let claims = definitions.into_iter().filter(|definition| revision::family(definition) == family);
    let definition = claims.min_by_key(|definition| (definition.creation_timestamp(), definition.uid()));
    let revisions: Vec<ControllerRevision> =
        desk.list(&super::revisions::selector(family)).await.context("cannot read revisions")?;
    let mut known = revisions.iter().filter_map(read);
    if !known.any(|known| known.number == number) {
        bail!(
            "Unable to describe task definition. There is no {family}:{number} in namespace {}.",
            desk.namespace()
        );
    }
    let Some(definition) = definition else {
        bail!("the TaskDefinition of family {family} is deleted: what is left of it goes with its last user")
    };
    let written = definition.annotations().get(ANNOTATION).map_or("", String::as_str);
    let numbers: Numbers =
        written.parse().map_err(|message: String| anyhow!("annotation {ANNOTATION}: {message}"))?;
    let wanted = numbers.with(number).to_string();
    if wanted != written {
        desk.annotate(&definition, ANNOTATION, &wanted)
            .await
            .context("cannot annotate the TaskDefinition")?;
    }
    Ok(definition.name_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_named_as_in_ecs_or_told_so_in_its_words() {
        assert_eq!(parse("web:3").unwrap(), ("web".to_owned(), 3));
        assert_eq!(
            parse("arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3").unwrap(),
            ("web".to_owned(), 3)
        );
        assert_eq!(parse("web").unwrap_err().to_string(), "Revision is missing.");
        assert_eq!(parse("web:x").unwrap_err().to_string(), "Invalid revision number. Number: x");
    }
}

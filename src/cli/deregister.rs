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
use std::collections::{BTreeMap, BTreeSet};

/// What to deregister.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The revision, as ECS writes it.
    #[arg(value_name = "FAMILY:REVISION", required = true)]
    revisions: Vec<String>,
    #[command(flatten)]
    access: Access,
}

/// Annotates the TaskDefinition of each family; none at all where one revision cannot be found.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let wanted: anyhow::Result<Vec<(String, i64)>> =
        arguments.revisions.iter().map(|text| parse(text)).collect();
    let wanted = by_family(wanted?);
    arguments.access.ask(async |desk| {
        let mut found = Vec::new();
        let mut wrong = Vec::new();
        for (family, numbers) in &wanted {
            match find(&desk, family, numbers).await {
                Ok(definition) => found.push((definition, family, numbers)),
                Err(error) => wrong.push(format!("{error:#}")),
            }
        }
        if !wrong.is_empty() {
            bail!("nothing is deregistered: {}", wrong.join("; "));
        }
        for (definition, family, numbers) in found {
            deregister(&desk, &definition, numbers).await?;
            for number in numbers {
                let name = definition.name_any();
                println!("taskdefinition.ecs.berth.dev/{name} annotated: {family}:{number} is deregistered");
            }
        }
        Ok(())
    })
}

/// The numbers of each family, as one annotation bears them all.
fn by_family(wanted: Vec<(String, i64)>) -> BTreeMap<String, BTreeSet<i64>> {
    let mut families = BTreeMap::<String, BTreeSet<i64>>::new();
    for (family, number) in wanted {
        families.entry(family).or_default().insert(number);
    }
    families
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

/// The object that stands for a family which has all these revisions.
async fn find(desk: &Desk, family: &str, numbers: &BTreeSet<i64>) -> anyhow::Result<TaskDefinition> {
    let definitions: Vec<TaskDefinition> = desk.list("").await.context("cannot read task definitions")?;
    let claims = definitions.into_iter().filter(|definition| revision::family(definition) == family);
    let definition = claims.min_by_key(|definition| (definition.creation_timestamp(), definition.uid()));
    let revisions: Vec<ControllerRevision> =
        desk.list(&super::revisions::selector(family)).await.context("cannot read revisions")?;
    let known: BTreeSet<i64> = revisions.iter().filter_map(read).map(|known| known.number).collect();
    let missing: Vec<String> =
        numbers.difference(&known).map(|number| format!("{family}:{number}")).collect();
    if !missing.is_empty() {
        bail!(
            "Unable to describe task definition. There is no {} in namespace {}.",
            missing.join(", "),
            desk.namespace()
        );
    }
    definition.ok_or_else(|| {
        anyhow!(
            "the TaskDefinition of family {family} is deleted: what is left of it goes with its last user"
        )
    })
}

async fn deregister(desk: &Desk, definition: &TaskDefinition, numbers: &BTreeSet<i64>) -> anyhow::Result<()> {
    let written = definition.annotations().get(ANNOTATION).map_or("", String::as_str);
    let known: Numbers =
        written.parse().map_err(|message: String| anyhow!("annotation {ANNOTATION}: {message}"))?;
    let wanted = numbers.iter().fold(known, |known, number| known.with(*number)).to_string();
    if wanted != written {
        desk.annotate(definition, ANNOTATION, &wanted).await.context("cannot annotate the TaskDefinition")?;
    }
    Ok(())
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

    #[test]
    fn revisions_of_one_family_are_deregistered_together() {
        let wanted = vec![("web".to_owned(), 3), ("api".to_owned(), 1), ("web".to_owned(), 1)];
        let families = by_family(wanted);
        assert_eq!(families["web"], BTreeSet::from([1, 3]));
        assert_eq!(families["api"], BTreeSet::from([1]));
    }
}

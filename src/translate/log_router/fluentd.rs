//! A router's settings in Fluentd's words.

use super::{Settings, TASK, included, line, output_of, tag};
use crate::model::Output;

/// Options of an output that are settings of ECS, not of Fluentd.
const OWN: [&str; 3] = ["include-pattern", "exclude-pattern", "@type"];

/// The whole file.
pub(super) fn settings(settings: &Settings<'_>) -> String {
    let mut text = String::from("<source>\n  @type forward\n  bind 127.0.0.1\n  port 24224\n</source>\n\n");
    for output in settings.router.outputs.iter().filter(|_| settings.router.reads_node) {
        input(&mut text, output);
    }
    if settings.router.metadata {
        text.push_str("<filter **>\n  @type record_transformer\n  <record>\n");
        text.push_str(&format!("    ecs_cluster {}\n", quoted(settings.cluster)));
        text.push_str(&format!("    ecs_task_arn \"#{{ENV['{TASK}']}}\"\n"));
        text.push_str(&format!("    ecs_task_definition {}\n", quoted(&settings.definition)));
        text.push_str("  </record>\n</filter>\n\n");
    }
    for output in &settings.router.outputs {
        filters(&mut text, output);
    }
    if let Some(file) = included(settings.router) {
        text.push_str(&format!("@include {}\n\n", line(file)));
    }
    for output in &settings.router.outputs {
        destination(&mut text, output);
    }
    text
}

/// What a container prints, from the files that the node keeps.
fn input(text: &mut String, output: &Output) {
    let tag = tag(&output.container, &format!("#{{ENV['{TASK}']}}"));
    text.push_str(&format!(
        "<source>\n  @type tail\n  path {}\n  tag \"{tag}\"\n  read_from_head true\n  refresh_interval 1\n  <parse>\n    \
         @type regexp\n    expression /^(?<time>[^ ]+) (?<source>stdout|stderr) [FP] (?<log>.*)$/\n    \
         time_format %Y-%m-%dT%H:%M:%S.%N%:z\n  </parse>\n</source>\n\n",
        output_of(&output.container)
    ));
}

fn filters(text: &mut String, output: &Output) {
    for (option, rule) in [("include-pattern", "regexp"), ("exclude-pattern", "exclude")] {
        if let Some(pattern) = output.options.get(option) {
            text.push_str(&format!(
                "<filter {}>\n  @type grep\n  <{rule}>\n    key log\n    pattern /{}/\n  </{rule}>\n</filter>\n\n",
                matching(output),
                line(pattern).replace('/', "\\/")
            ));
        }
    }
}

/// Where the records go. Without a type nothing is written: then the included file has the outputs.
fn destination(text: &mut String, output: &Output) {
    let Some(kind) = output.options.get("@type") else { return };
    text.push_str(&format!("<match {}>\n  @type {}\n", matching(output), line(kind)));
    for (option, value) in output.options.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        let value = match value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(variable) if variable.starts_with("FIRELENS_SECRET_") => {
                format!("\"#{{ENV['{variable}']}}\"")
            }
            _ => line(value),
        };
        text.push_str(&format!("  {} {value}\n", line(option).replace(' ', "_")));
    }
    text.push_str("</match>\n\n");
}

fn matching(output: &Output) -> String {
    format!("{}-firelens**", output.container)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

//! A router's settings in Fluent Bit's words, laid out as ECS lays them out.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef.html>

use super::{Settings, TASK, included, line, output_of, tag};
use crate::model::Output;

/// Options of an output that are settings of ECS, not of Fluent Bit.
const OWN: [&str; 2] = ["include-pattern", "exclude-pattern"];

/// The whole file.
pub(super) fn settings(settings: &Settings<'_>) -> String {
    let mut text = String::new();
    section(&mut text, "SERVICE", &[("Flush", "1"), ("Grace", "30")]);
    section(&mut text, "INPUT", &[("Name", "forward"), ("Listen", "127.0.0.1"), ("Port", "24224")]);
    let check = [("Name", "tcp"), ("Tag", "firelens-healthcheck"), ("Listen", "127.0.0.1"), ("Port", "8877")];
    section(&mut text, "INPUT", &check);
    for output in settings.router.outputs.iter().filter(|_| settings.router.reads_node) {
        input(&mut text, output);
    }
    if settings.router.metadata {
        metadata(&mut text, settings);
    }
    for output in &settings.router.outputs {
        filters(&mut text, output);
    }
    if let Some(file) = included(settings.router) {
        text.push_str(&format!("@INCLUDE {}\n\n", line(file)));
    }
    section(&mut text, "OUTPUT", &[("Name", "null"), ("Match", "firelens-healthcheck")]);
    for output in &settings.router.outputs {
        destination(&mut text, output);
    }
    text
}

/// What a container prints, from the files that the node keeps, in the shape that Docker's driver gives it.
fn input(text: &mut String, output: &Output) {
    let (files, tag) = (output_of(&output.container), tag(&output.container, &format!("${{{TASK}}}")));
    let limit = output.buffer_limit.map_or_else(|| "25M".to_owned(), |limit| limit.to_string());
    section(
        text,
        "INPUT",
        &[
            ("Name", "tail"),
            ("Tag", &tag),
            ("Path", &files),
            ("multiline.parser", "docker, cri"),
            ("Read_from_Head", "On"),
            ("Refresh_Interval", "1"),
            ("Skip_Long_Lines", "On"),
            ("Mem_Buf_Limit", &limit),
        ],
    );
    section(
        text,
        "FILTER",
        &[
            ("Name", "modify"),
            ("Match", &matching(output)),
            ("Rename", "stream source"),
            ("Remove", "_p"),
            ("Add", &format!("container_name {}", output.container)),
        ],
    );
}

fn metadata(text: &mut String, settings: &Settings<'_>) {
    let cluster = format!("ecs_cluster {}", settings.cluster);
    let task = format!("ecs_task_arn ${{{TASK}}}");
    let definition = format!("ecs_task_definition {}", settings.definition);
    section(
        text,
        "FILTER",
        &[
            ("Name", "record_modifier"),
            ("Match", "*"),
            ("Record", &cluster),
            ("Record", &task),
            ("Record", &definition),
        ],
    );
}

fn filters(text: &mut String, output: &Output) {
    for (option, rule) in [("include-pattern", "Regex"), ("exclude-pattern", "Exclude")] {
        if let Some(pattern) = output.options.get(option) {
            let rule_of = format!("log {pattern}");
            section(text, "FILTER", &[("Name", "grep"), ("Match", &matching(output)), (rule, &rule_of)]);
        }
    }
}

/// Where the records go. Without a name nothing is written: then the included file has the outputs.
fn destination(text: &mut String, output: &Output) {
    let options = || output.options.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
    let Some((_, name)) = options().find(|(option, _)| option.eq_ignore_ascii_case("name")) else { return };
    let matching = matching(output);
    let mut lines = vec![("Name", name.as_str()), ("Match", matching.as_str())];
    let rest = options().filter(|(option, _)| !option.eq_ignore_ascii_case("name"));
    lines.extend(rest.map(|(option, value)| (option.as_str(), value.as_str())));
    section(text, "OUTPUT", &lines);
}

fn matching(output: &Output) -> String {
    format!("{}-firelens*", output.container)
}

fn section(text: &mut String, name: &str, lines: &[(&str, &str)]) {
    text.push_str(&format!("[{name}]\n"));
    for (key, value) in lines {
        text.push_str(&format!("    {} {}\n", line(key).replace(' ', "_"), line(value)));
    }
    text.push('\n');
}

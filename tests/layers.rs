//! Who may import whom, and who may be impure: the table of ARCHITECTURE.md, enforced.
//!
//! The checker reads tokens, not text, so comments and strings do not count, and neither does what only
//! tests see. It follows `crate::`, `self::` and `super::` paths, groups included.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "layers/paths.rs"]
mod paths;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A module of the crate root: what it may import, and whether it may talk to the world.
struct Layer {
    name: &'static str,
    imports: &'static [&'static str],
    edge: bool,
}

const fn pure(name: &'static str, imports: &'static [&'static str]) -> Layer {
    Layer { name, imports, edge: false }
}

const fn edge(name: &'static str, imports: &'static [&'static str]) -> Layer {
    Layer { name, imports, edge: true }
}

const LAYERS: &[Layer] = &[
    pure("api", &[]),
    pure("model", &[]),
    pure("rbac", &[]),
    pure("placement", &["model"]),
    pure("rollout", &["model"]),
    pure("translate", &["model", "rollout", "placement"]),
    pure("resolve", &["model", "placement", "api"]),
    pure("conclude", &["model", "api", "rollout"]),
    pure("render", &["api", "model", "placement", "rollout", "translate", "resolve", "conclude"]),
    pure("convert", &["api", "model", "resolve"]),
    edge("observe", &[]),
    edge("serve", &["observe"]),
    edge("kubernetes", &["observe"]),
    edge(
        "controllers",
        &[
            "api",
            "model",
            "placement",
            "rollout",
            "translate",
            "resolve",
            "conclude",
            "kubernetes",
            "observe",
            "serve",
        ],
    ),
    edge(
        "cli",
        &[
            "api",
            "placement",
            "translate",
            "resolve",
            "render",
            "convert",
            "controllers",
            "kubernetes",
            "observe",
            "serve",
            "rbac",
        ],
    ),
    // The two roots of the crate: `lib` declares the modules and `main` runs the command.
    edge("main", &["cli"]),
    edge("lib", &[]),
];

/// Controllers meet in the API server and in shared stores, not in each other.
const CONTROLLERS: &[&str] = &["task_definition", "service", "service_discovery", "cluster"];

#[test]
fn every_module_keeps_to_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: Vec<(PathBuf, String)> = sources(&root)
        .into_iter()
        .map(|file| (file.strip_prefix(&root).unwrap().to_owned(), std::fs::read_to_string(&file).unwrap()))
        .collect();
    assert!(files.len() > 5, "src/ was not found");
    let tests: Vec<Vec<String>> = files.iter().flat_map(|(file, text)| test_modules(file, text)).collect();
    let seen = |file: &Path| !tests.iter().any(|module| module_of(file).starts_with(module));
    let files = files.iter().filter(|(file, _)| seen(file));
    let wrong: Vec<String> = files.flat_map(|(file, text)| violations(file, text)).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_table_of_the_documents_is_this_one() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let rows: BTreeMap<&str, &str> = text.lines().filter_map(row).collect();
    for layer in LAYERS.iter().filter(|layer| layer.name != "lib") {
        let imports: Vec<String> = layer.imports.iter().map(|name| format!("`{name}`")).collect();
        let imports = if imports.is_empty() { "nothing".to_owned() } else { imports.join(", ") };
        assert_eq!(rows.get(layer.name), Some(&imports.as_str()), "ARCHITECTURE.md, row of `{}`", layer.name);
    }
}

/// A row of the table: its module and what it may import.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ");
    let name = cells.next()?.strip_suffix('`')?;
    cells.next()?;
    Some((name, cells.next()?))
}

/// The modules that a file declares for tests only.
fn test_modules(file: &Path, text: &str) -> Vec<Vec<String>> {
    paths::read(text, &module_of(file)).map(|found| found.tests).unwrap_or_default()
}

/// What a file does that its layer must not.
fn violations(file: &Path, text: &str) -> Vec<String> {
    let module = module_of(file);
    let at = |what: String| format!("src/{}: {what}", file.display());
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == module[0]) else {
        return vec![at(format!("`{}` has no row in tests/layers.rs: give it one", module[0]))];
    };
    let found = match paths::read(text, &module) {
        Ok(found) => found,
        Err(error) => return vec![at(error)],
    };
    let mut wrong = Vec::new();
    for path in &found.own {
        wrong.extend(import_problem(layer, &module, path));
    }
    if !layer.edge {
        wrong.extend(found.words.iter().filter_map(|word| word_problem(word)));
        wrong.extend(found.foreign.iter().filter_map(|path| purity_problem(path)));
    }
    wrong.sort();
    wrong.dedup();
    wrong.into_iter().map(at).collect()
}

fn import_problem(layer: &Layer, module: &[String], path: &[String]) -> Option<String> {
    let Some(target) = path.first() else {
        return (layer.name != "lib").then(|| "imports everything of the crate".to_owned());
    };
    let known = LAYERS.iter().any(|layer| layer.name == target);
    if known && target != layer.name && !layer.imports.contains(&target.as_str()) {
        return Some(format!("`{}` must not import `{}`", layer.name, path.join("::")));
    }
    let controller = |path: &[String]| {
        let name = path.get(1).filter(|_| path[0] == "controllers")?;
        CONTROLLERS.iter().find(|one| *one == name)
    };
    match (controller(module), controller(path)) {
        (Some(one), Some(other)) if one != other => {
            Some(format!("controller `{one}` must not import controller `{other}`"))
        }
        _ => None,
    }
}

fn word_problem(word: &str) -> Option<String> {
    let why = match word {
        "async" | "await" => "never waits",
        "SystemTime" | "Instant" => "takes `now` as an argument",
        _ => return None,
    };
    Some(format!("`{word}`: a pure module {why}"))
}

fn purity_problem(path: &[String]) -> Option<String> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let why = match parts.as_slice() {
        ["kube", .., "Client" | "Api"] | ["kube", "client" | "runtime", ..] => "never names a client",
        ["tokio" | "futures" | "hyper" | "axum", ..] => "never waits",
        ["std", "env" | "fs" | "net" | "process" | "thread" | "io", ..] => "never asks the system",
        [.., "Timestamp" | "Zoned", "now"] => "takes `now` as an argument",
        _ => return None,
    };
    Some(format!("`{}`: a pure module {why}", path.join("::")))
}

/// `rollout/victims.rs` → `rollout`, `victims`.
fn module_of(file: &Path) -> Vec<String> {
    file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect()
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The checker itself has to be able to say no.
mod checker {
    use super::violations;
    use std::path::Path;

    fn says(file: &str, text: &str) -> String {
        violations(Path::new(file), text).join("\n")
    }

    #[test]
    fn forbidden_imports_are_found_however_they_are_written() {
        for text in [
            "use crate::api::Service;",
            "use crate::{model::Task, api::Service};",
            "use crate::{model, {api as other}};",
            "fn f() -> crate::api::Service { todo!() }",
            "use super::api::Service;",
            "mod inner { use super::super::api; }",
            "macro_rules! m { () => { $crate::api::X } }",
            "vec![crate::api::X]",
        ] {
            let wrong = says("rollout.rs", text);
            assert!(wrong.contains("`rollout` must not import `api"), "{text}: {wrong}");
        }
        assert!(says("rollout/victims.rs", "use super::super::api;").contains("must not import"));
        assert!(says("rollout.rs", "use crate::*;").contains("everything"));
        assert!(says("kubernetes/apply.rs", "use crate::model::Task;").contains("must not import"));
        assert!(says("main.rs", "fn main() { berth::model::run() }").contains("must not import"));
    }

    #[test]
    fn allowed_imports_are_let_through() {
        for (file, text) in [
            (
                "rollout.rs",
                "use crate::model::{Task, Service}; use crate::rollout::x; mod a { use super::b; }",
            ),
            ("rollout/victims.rs", "use super::throttle; use super::super::model;"),
            ("api/service.rs", "use super::common::Tag; use super::super::api::x;"),
            (
                "rollout.rs",
                "//! crate::api is not ours\nconst A: &str = \"crate::api\"; /* use crate::api; */",
            ),
            ("rollout.rs", "#[cfg(test)] mod tests { use crate::api::Service; async fn f() {} }"),
            ("rollout.rs", "pub(super) fn f() {} pub(crate) fn g() {}"),
            ("cli/render.rs", "use crate::{api, resolve, translate}; async fn f() { tokio::fs::x().await }"),
            ("main.rs", "fn main() { berth::cli::run() }"),
        ] {
            assert_eq!(says(file, text), "", "{file}: {text}");
        }
    }

    #[test]
    fn impure_words_are_found_in_pure_modules_only() {
        for text in [
            "async fn f() {}",
            "fn f() { g().await }",
            "use std::time::Instant;",
            "fn f() { std::time::SystemTime::now() }",
            "fn f() { jiff::Timestamp::now() }",
            "use jiff::Timestamp; fn f() { Timestamp::now() }",
            "use std::{env, fmt};",
            "use kube::{Client, ResourceExt};",
            "fn f(client: kube::Client) {}",
            "use kube::api::Api;",
            "use kube::runtime::watcher;",
            "use tokio::sync::mpsc;",
        ] {
            assert_ne!(says("translate/pod.rs", text), "", "{text}");
            assert_eq!(says("controllers/service.rs", text), "", "{text}");
        }
        for text in ["use std::time::Duration;", "const X: &str = env!(\"X\");", "use kube::CustomResource;"]
        {
            assert_eq!(says("translate/pod.rs", text), "", "{text}");
        }
    }

    #[test]
    fn controllers_keep_apart() {
        let wrong = says("controllers/service.rs", "use super::task_definition::X;");
        assert!(wrong.contains("must not import controller"), "{wrong}");
        assert_eq!(says("controllers/service/rest.rs", "use crate::controllers::service::X;"), "");
        assert_eq!(says("controllers/service.rs", "use super::shared::X;"), "");
    }

    #[test]
    fn only_what_is_declared_for_tests_is_left_out() {
        let text =
            "#[cfg(test)]\nmod golden; mod real; #[cfg(test)] mod inline {} #[cfg(not(test))] mod not;";
        assert_eq!(super::test_modules(Path::new("translate.rs"), text), [["translate", "golden"]]);
    }

    #[test]
    fn a_module_without_a_row_is_a_finding() {
        assert!(says("surprise.rs", "").contains("no row"));
    }
}

//! The page that tells the outcomes.

use super::outcomes::{Outcomes, Reasons, Services};

/// Where they are told.
pub const PAGE: &str = "docs/real-definitions.md";

/// The page.
pub fn page(found: &Outcomes, services: &Services) -> String {
    let Outcomes { all, plain, granted, ours, templates, reasons } = found;
    let mut page = format!(
        "# Real task definitions\n\nWhat becomes of {all} task definitions that people published, each as it was \
         found. The AWS SDK takes the types of all of them. Of those \
         that run, another test shows the document and every object that Berth makes of it to a real API server, which \
         takes them all. A test writes this page.\n\n\
         | outcome | definitions |\n|---|---|\n\
         | runs, no Cluster needed | {plain} |\n\
         | runs once an administrator has [granted](mapping.md) what it asks for | {} |\n\
         | refused: a template that nobody filled in | {templates} |\n\
         | refused as ECS refuses it | {} |\n\
         | refused by Berth alone | {ours} |\n\n\
         ## Reasons\n\nWith everything granted. A definition can have several.\n\n",
        granted - plain,
        all - granted - ours - templates,
    );
    table(&mut page, "definitions", reasons);
    page.push_str(&format!(
        "\n## Services\n\nOf {} services that people sent to ECS or that it described, each converted and judged by itself, {} are \
         accepted. What refuses the others, by field:\n\n",
        services.all, services.accepted,
    ));
    table(&mut page, "services", &services.reasons);
    page
}

/// The reasons, the most frequent first.
fn table(page: &mut String, what: &str, reasons: &Reasons) {
    page.push_str(&format!("| field | reason | {what} |\n|---|---|---|\n"));
    let mut reasons: Vec<_> = reasons.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for ((path, reason), count) in reasons {
        page.push_str(&format!("| `{path}` | {} | {count} |\n", reason.replace('|', "\\|")));
    }
}

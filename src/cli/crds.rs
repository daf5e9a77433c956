//! `berth crds`: the CustomResourceDefinitions as YAML.

use crate::api::definitions;

/// All CustomResourceDefinitions as one stream of YAML documents, in the order in which they are applied.
///
/// # Errors
///
/// When a definition cannot be written as YAML, which would be a defect of its types.
pub fn yaml() -> anyhow::Result<String> {
    let mut stream = String::new();
    for definition in definitions::definitions() {
        stream.push_str("---\n");
        stream.push_str(&definitions::yaml(&definition)?);
    }
    Ok(stream)
}

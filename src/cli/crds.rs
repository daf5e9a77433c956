//! `berth crds`: the CustomResourceDefinitions as YAML.

use crate::api::definitions::definitions;

/// All CustomResourceDefinitions as one stream of YAML documents.
///
/// # Errors
///
/// When a definition cannot be written as YAML, which would be a defect of its types.
pub fn yaml() -> anyhow::Result<String> {
    let mut stream = String::new();
    for definition in definitions() {
        stream.push_str("---\n");
        stream.push_str(&document(&definition)?);
    }
    Ok(stream)
}

/// One object as a YAML document that ends with a line break.
fn document<T: serde::Serialize>(object: &T) -> anyhow::Result<String> {
    Ok(serde_saphyr::to_string(object)?)
}

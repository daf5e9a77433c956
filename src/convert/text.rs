//! A text → the JSON values in it.

use serde_json::Value;

/// The documents of a text. JSON is read as JSON: YAML takes no tabs.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let json: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    json.or_else(|_| {
        serde_saphyr::from_multiple(text).map_err(|error| {
            let told = error.to_string();
            told.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })
    })
}

//! Files that are made from the code: held against it, or rewritten with `UPDATE=1`.

use std::path::{Path, PathBuf};

/// A path in the repository.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// Whether generated files are to be rewritten.
fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Fails unless the file has this text; with `UPDATE=1` gives it this text.
pub fn hold(relative: &str, expected: &str) {
    if updating() {
        let path = path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file that is right already keeps its time, so that nothing is built anew for it.
        if std::fs::read_to_string(&path).ok().as_deref() != Some(expected) {
            std::fs::write(path, expected).unwrap();
        }
        return;
    }
    let found = std::fs::read_to_string(path(relative)).unwrap_or_default();
    similar_asserts::assert_eq!(
        found: found,
        expected: expected,
        "{relative} is not what the code says; `make update` rewrites it"
    );
}

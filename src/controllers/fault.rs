//! A place for a test to make a pass fail in the worst way.

use kube::ResourceExt;

/// Annotation that makes the pass over its object panic, in builds with debug assertions only.
const FAULT: &str = "ecs.berth.dev/fault";

/// Panics if a test asked for it. A release build has nothing here.
pub(super) fn point<K: ResourceExt>(object: &K) {
    if cfg!(debug_assertions) {
        let asked = object.annotations().get(FAULT).is_some_and(|fault| fault == "panic");
        assert!(!asked, "the test asked for a panic");
    }
}

//! `crds/` is what the types say.

//! Model and placement in, Kubernetes objects out.

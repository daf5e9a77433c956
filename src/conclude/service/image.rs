//! What a deployment's tasks run, between the model and a status.

use crate::api::service::status::ContainerImage as Status;
use crate::model::ContainerImage;

/// As a status shows it.
pub(super) fn shown(image: &ContainerImage) -> Status {
    Status {
        container_name: image.container.clone(),
        image: image.image.clone(),
        image_digest: image.digest.clone(),
    }
}

/// As a status remembers it.
pub(super) fn remembered(status: &Status) -> ContainerImage {
    ContainerImage {
        container: status.container_name.clone(),
        image: status.image.clone(),
        digest: status.image_digest.clone(),
    }
}

//! File systems of Amazon → the claims that an administrator has mapped their ids and ARNs to.
//!
//! How the claim's volume is mounted (encryption, authorisation, credentials) is the administrator's business. An
//! access point has a root and a user of its own, so it has a mapping of its own too: that of its file system would
//! lead to other files.

use super::Asked;
use crate::api::task_definition::volume::{
    EfsVolumeConfiguration, FsxVolumeConfiguration, S3FilesVolumeConfiguration,
};
use crate::model::VolumeSource;

/// A source and the directory in it.
type Part = (VolumeSource, Option<String>);

impl Asked<'_> {
    pub(super) fn efs(&mut self, volume: &EfsVolumeConfiguration) -> Part {
        let member = "efsVolumeConfiguration";
        let id = volume.file_system_id.clone().unwrap_or_default();
        let authorization = volume.authorization_config.clone().unwrap_or_default();
        let is_encrypted = volume.transit_encryption.as_deref() == Some("ENABLED");
        let point = authorization.access_point_id.filter(|point| !point.is_empty());
        if point.is_some() {
            self.at_its_root(member, volume.root_directory.as_deref());
        }
        for (asks, what) in
            [(point.is_some(), "an access point"), (authorization.iam.as_deref() == Some("ENABLED"), "iam")]
        {
            if asks && !is_encrypted {
                let message = format!("must be ENABLED with {what}");
                self.refuse(&format!("{member}.transitEncryption"), message);
            }
        }
        let path = self.directory(member, volume.root_directory.as_deref());
        match point {
            Some(point) => {
                let member = format!("{member}.authorizationConfig.accessPointId");
                (self.claim(&member, &format!("{id}::{point}")), path)
            }
            None => (self.claim(&format!("{member}.fileSystemId"), &id), path),
        }
    }

    pub(super) fn s3_files(&mut self, volume: &S3FilesVolumeConfiguration) -> Part {
        let member = "s3filesVolumeConfiguration";
        let point = volume.access_point_arn.as_deref().filter(|point| !point.is_empty());
        if point.is_some() {
            self.at_its_root(member, volume.root_directory.as_deref());
        }
        let path = self.directory(member, volume.root_directory.as_deref());
        match point {
            Some(point) => (self.claim(&format!("{member}.accessPointArn"), point), path),
            None => {
                let arn = volume.file_system_arn.as_deref().unwrap_or_default();
                (self.claim(&format!("{member}.fileSystemArn"), arn), path)
            }
        }
    }

    pub(super) fn fsx(&mut self, volume: &FsxVolumeConfiguration) -> Part {
        let member = "fsxWindowsFileServerVolumeConfiguration";
        let root = volume.root_directory.as_ref().map(|path| path.replace('\\', "/"));
        let path = self.directory(member, root.as_deref());
        let id = volume.file_system_id.as_deref().unwrap_or_default();
        (self.claim(&format!("{member}.fileSystemId"), id), path)
    }

    fn at_its_root(&mut self, member: &str, directory: Option<&str>) {
        if !matches!(directory.unwrap_or_default(), "" | "/") {
            let message = "must be omitted or / with an access point, which has a root of its own";
            self.refuse(&format!("{member}.rootDirectory"), message);
        }
    }

    /// The directory as a path within the claim; none for its root.
    fn directory(&mut self, member: &str, directory: Option<&str>) -> Option<String> {
        let path = directory.unwrap_or_default().trim_matches('/');
        if path.split('/').any(|part| part == "..") {
            self.refuse(&format!("{member}.rootDirectory"), "must not contain '..'");
        }
        (!path.is_empty()).then(|| path.to_owned())
    }
}

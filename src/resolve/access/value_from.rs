//! `valueFrom` of a secret → which secret or parameter is meant, which part of it and which version.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>

use crate::model::name;

/// Characters that Secrets Manager puts behind a secret's name in its ARN, after a hyphen.
const RANDOM: usize = 6;

/// The longest name of an object on Kubernetes.
const LONGEST: usize = 253;

/// What a `valueFrom` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueFrom {
    /// The ARN or name as written, without JSON key and version.
    pub source: String,
    /// The secret's or parameter's own name.
    pub name: String,
    /// What a grant may call it, the source first.
    pub names: Vec<String>,
    /// Which member of a JSON object.
    pub json_key: Option<String>,
    /// Which version.
    pub version: Version,
}

/// Which version of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// The current one.
    #[default]
    Current,
    /// The one with this staging label.
    Stage(String),
    /// The one with this id.
    Id(String),
}

impl ValueFrom {
    /// Reads an ARN of a secret, with JSON key, version stage and version id behind it or not, or an ARN or name
    /// of a parameter. `None`: an ARN of something else, or one without a name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((head, rest)) = arn_of(text, ":secretsmanager:", ":secret:") {
            return Self::secret(&format!("{head}:secret:"), rest);
        }
        let parameter = match arn_of(text, ":ssm:", ":parameter") {
            // `parameter/prod/db` is the parameter `/prod/db`; `parameter/db` may be `db` too.
            Some((_, rest)) => rest.trim_start_matches(':'),
            None if text.starts_with("arn:") => return None,
            None => text,
        };
        let is_nothing = parameter.trim_matches('/').is_empty();
        (!is_nothing).then(|| Self {
            source: text.to_owned(),
            name: parameter.to_owned(),
            names: [text, parameter, parameter.trim_start_matches('/')].map(str::to_owned).to_vec(),
            json_key: None,
            version: Version::Current,
        })
    }

    fn secret(prefix: &str, rest: &str) -> Option<Self> {
        let mut parts = rest.split(':');
        let written = parts.next().filter(|name| !name.is_empty())?;
        let mut part = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
        let (json_key, stage, id) = (part(), part(), part());
        let version = match (id, stage) {
            // Both must name one version, so the more exact of the two does.
            (Some(id), _) => Version::Id(id),
            (None, Some(stage)) if stage != "AWSCURRENT" => Version::Stage(stage),
            (None, _) => Version::Current,
        };
        let (source, name) = (format!("{prefix}{written}"), own_name(written).to_owned());
        let names = vec![source.clone(), format!("{prefix}{name}"), name.clone()];
        Some(Self { source, name, names, json_key, version })
    }

    /// Its own name in Kubernetes' form: `/prod/db` is `prod-db`.
    pub fn object_name(&self) -> String {
        object_name(&self.name)
    }
}

/// A text in the form of an object's name: lower case, what is not allowed replaced by hyphens. Not unique; who
/// needs another name writes it in the grant.
pub(super) fn object_name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let mut legal = String::new();
    for c in text.to_ascii_lowercase().chars() {
        let c = if allowed(c) { c } else { '-' };
        if !(c == '-' && legal.ends_with('-')) {
            legal.push(c);
        }
    }
    let legal: String = legal.trim_matches('-').chars().take(LONGEST).collect();
    let legal = legal.trim_end_matches('-');
    if legal.is_empty() { format!("x{}", name::hash(&[text], 8)) } else { legal.to_owned() }
}

/// A key in the form that a Secret takes: what is not allowed is replaced by underscores, as External Secrets does.
pub(super) fn key(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.chars().map(|c| if allowed(c) { c } else { '_' }).take(LONGEST).collect()
}

/// What is before and behind `kind` in an ARN of `service`.
fn arn_of<'a>(text: &'a str, service: &str, kind: &str) -> Option<(&'a str, &'a str)> {
    let is_arn = text.starts_with("arn:") && text.contains(service);
    is_arn.then(|| text.split_once(kind)).flatten()
}

/// A secret's name without the hyphen and six random characters that its ARN has behind it. Six lower-case letters
/// are taken for a word of the name: one random suffix in two hundred looks like that, and then belongs to the name.
fn own_name(written: &str) -> &str {
    let Some((name, suffix)) = written.rsplit_once('-') else { return written };
    let is_random = suffix.len() == RANDOM
        && suffix.chars().all(|c| c.is_ascii_alphanumeric())
        && suffix.chars().any(|c| !c.is_ascii_lowercase());
    if is_random && !name.is_empty() { name } else { written }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:";

    #[test]
    fn a_secret_has_a_name_without_its_random_characters() {
        let read = ValueFrom::parse(&format!("{SECRET}prod/db-u9bH6K")).unwrap();
        assert_eq!((read.name.as_str(), read.object_name().as_str()), ("prod/db", "prod-db"));
        assert_eq!(read.source, format!("{SECRET}prod/db-u9bH6K"));
        assert_eq!(read.names[..2], [format!("{SECRET}prod/db-u9bH6K"), format!("{SECRET}prod/db")]);
        let read = ValueFrom::parse(&format!("{SECRET}app/api-secret")).unwrap();
        assert_eq!(read.name, "app/api-secret");
    }

    #[test]
    fn key_and_version_follow_the_name() {
        let read = |suffix: &str| {
            let read = ValueFrom::parse(&format!("{SECRET}db-u9bH6K{suffix}")).unwrap();
            assert_eq!(read.source, format!("{SECRET}db-u9bH6K"));
            (read.json_key, read.version)
        };
        assert_eq!(read("::"), (None, Version::Current));
        assert_eq!(read(":user::"), (Some("user".into()), Version::Current));
        assert_eq!(read(":user:AWSCURRENT:"), (Some("user".into()), Version::Current));
        assert_eq!(read(":user:AWSPREVIOUS:"), (Some("user".into()), Version::Stage("AWSPREVIOUS".into())));
        assert_eq!(read("::AWSPREVIOUS:v1"), (None, Version::Id("v1".into())));
    }

    #[test]
    fn a_parameter_is_named_by_arn_or_name() {
        let name = |text: &str| ValueFrom::parse(text).map(|read| read.name);
        assert_eq!(name("/prod/db").as_deref(), Some("/prod/db"));
        assert_eq!(name("db").as_deref(), Some("db"));
        assert_eq!(name("arn:aws:ssm:eu-west-1:1:parameter/prod/db").as_deref(), Some("/prod/db"));
        assert_eq!(name("arn:aws:ssm:eu-west-1:1:parameter:/db").as_deref(), Some("/db"));
        assert_eq!(name("arn:aws:s3:::bucket"), None);
        assert_eq!(name(""), None);
        assert_eq!(name(&format!("{SECRET}:key::")), None);
        let read = ValueFrom::parse("arn:aws:ssm:eu-west-1:1:parameter/prod/db").unwrap();
        assert!(read.names.contains(&"prod/db".to_owned()) && read.names.contains(&"/prod/db".to_owned()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "(arn:aws:(secretsmanager|ssm):r:a:(secret:|parameter))?.{0,60}") {
            if let Some(read) = ValueFrom::parse(&text) {
                prop_assert!(!read.name.is_empty() && read.names.first() == Some(&read.source));
                let name = read.object_name();
                prop_assert!(name.len() <= LONGEST && !name.is_empty());
                prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
                prop_assert!(!name.starts_with('-') && !name.ends_with('-'));
            }
        }
    }
}

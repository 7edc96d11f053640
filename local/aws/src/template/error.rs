//! What is wrong with a template, and where.

/// What is wrong with a template, and where: paths read `Resources.Table.Properties.KeySchema[0]`.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not YAML.
    #[error("the template is not YAML: {0}")]
    Syntax(#[from] serde_norway::Error),
    /// Something `CloudFormation` or SAM may know, but this crate does not act on.
    #[error("{path}: {what} is not known here")]
    Unsupported {
        /// Where it stands.
        path: String,
        /// What it is.
        what: String,
    },
    /// A value of another kind than its place asks for.
    #[error("{path}: expected {expected}")]
    Invalid {
        /// Where it stands.
        path: String,
        /// What belongs there.
        expected: String,
    },
    /// Something that must be there and is not.
    #[error("{path} is missing")]
    Missing {
        /// Where it belongs.
        path: String,
    },
    /// A reference to a resource, parameter or attribute that does not exist.
    #[error("{path}: there is no {name}")]
    UnknownReference {
        /// Where the reference stands.
        path: String,
        /// What it names.
        name: String,
    },
    /// A value for a parameter that the template does not declare.
    #[error("the template has no parameter {0}")]
    UnknownParameter(String),
    /// A parameter without default and without value.
    #[error("parameter {0} needs a value")]
    MissingParameter(String),
}

impl TemplateError {
    pub(crate) fn unsupported(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Unsupported { path: path.into(), what: what.into() }
    }

    pub(crate) fn invalid(path: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Invalid { path: path.into(), expected: expected.into() }
    }
}

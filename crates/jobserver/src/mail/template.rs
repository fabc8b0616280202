//! The text of a mail: the administrator's file when there is one and it is right, else the built-in one.

use std::fs;
use std::io;
use std::path::Path;

use domain::mail::{Kind, Template, Text};

use crate::state::State;

/// What a mail looks like.
pub(crate) struct Shown {
    pub(crate) text: Text,
    /// The file it comes from; empty for the built-in text.
    pub(crate) file: String,
    /// What is wrong with the file, which is then not used.
    pub(crate) problem: Option<String>,
}

/// The template in force, and what is wrong with the file that should be. Read each time: a new file takes effect at once,
/// as the guide promises.
pub(super) fn load(directory: &Path, kind: Kind) -> (Template, Option<String>) {
    let built_in = || Template::parse(kind.built_in(), kind).expect("built-in templates are tested");
    match fs::read_to_string(directory.join(kind.file())) {
        Ok(text) => match Template::parse(&text, kind) {
            Ok(template) => (template, None),
            Err(error) => (built_in(), Some(error.to_string())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => (built_in(), None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            (built_in(), Some("the text is not UTF-8".to_owned()))
        }
        Err(error) => (built_in(), Some(error.to_string())),
    }
}

/// Whether the template in force uses a tag: what is laborious to find out is found out for those only.
pub(crate) fn uses(state: &State, kind: Kind, tag: &str) -> bool {
    load(&state.mail.templates, kind).0.uses(tag)
}

/// A mail of `kind` with sample values.
pub(crate) fn preview(state: &State, kind: Kind) -> Shown {
    let directory = &state.mail.templates;
    let (template, problem) = load(directory, kind);
    let path = directory.join(kind.file());
    let file = if path.exists() { path.display().to_string() } else { String::new() };
    Shown { text: template.fill(&kind.sample()), file, problem }
}

//! The table of processes: data, not code.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One process of the suite.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its name: section of `papergate.toml`, socket in `DIR/run`, word in the status.
    pub name: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// A missing program is no fault.
    pub optional: bool,
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read.
    #[error("{} cannot be read", file.display())]
    Read {
        /// Which one.
        file: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// It is not TOML, or has keys nobody knows.
    #[error("the table of processes is malformed: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A name is used twice or cannot be a file's name.
    #[error("the name {0:?} is used twice, empty, or has other characters than a-z, 0-9 and -")]
    Name(String),
    /// An empty command.
    #[error("{0} has an empty command")]
    Command(String),
    /// More than can be supervised.
    #[error("the table has {0} processes; at most {PROCESSES_MAX} can be supervised")]
    TooMany(usize),
}

/// The most processes one supervisor keeps.
pub const PROCESSES_MAX: u32 = 16;

/// The table every suite has unless it names another.
pub const BUILT_IN: &str = include_str!("../../../deploy/config/supervisor.toml");

/// Reads the table: `file`, or the built-in one.
///
/// # Errors
/// See [`TableError`].
pub fn load(file: Option<&Path>) -> Result<Vec<Entry>, TableError> {
    match file {
        None => parse(BUILT_IN),
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|source| TableError::Read { file: file.to_owned(), source })?;
            parse(&text)
        }
    }
}

/// Parses a table; its order is the order of start.
///
/// # Errors
/// See [`TableError`].
pub fn parse(text: &str) -> Result<Vec<Entry>, TableError> {
    let table: Table = toml::from_str(text)?;
    if table.process.len() > PROCESSES_MAX as usize {
        return Err(TableError::TooMany(table.process.len()));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for row in table.process {
        let proper = |character: char| matches!(character, 'a'..='z' | '0'..='9' | '-');
        if row.name.is_empty()
            || !row.name.chars().all(proper)
            || entries.iter().any(|entry| entry.name == row.name)
        {
            return Err(TableError::Name(row.name));
        }
        let command = row.command.unwrap_or_else(|| vec![row.name.clone()]);
        if command.first().is_none_or(String::is_empty) {
            return Err(TableError::Command(row.name));
        }
        entries.push(Entry { name: row.name, command, optional: row.optional });
    }
    Ok(entries)
}

impl Entry {
    /// The program's file: as written when it has a slash, else beside the supervisor, else in `PATH`.
    pub fn program(&self) -> Option<PathBuf> {
        let program = Path::new(&self.command[0]);
        if program.components().count() > 1 {
            return program.is_file().then(|| program.to_owned());
        }
        let own = std::env::current_exe().ok();
        let beside = own.as_deref().and_then(Path::parent).map(Path::to_owned);
        let path = std::env::var_os("PATH").unwrap_or_default();
        beside
            .into_iter()
            .chain(std::env::split_paths(&path))
            .map(|dir| dir.join(program))
            .find(|file| file.is_file())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    process: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    command: Option<Vec<String>>,
    #[serde(default)]
    optional: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_has_the_servers_in_their_order() {
        let names: Vec<_> = load(None).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["broadcastserver", "trackingserver", "moneyserver", "jobserver", "portserver"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("[[process]]\nname = 'a'\n[[process]]\nname = 'a'", "\"a\""),
            ("[[process]]\nname = '../a'", "../a"),
            ("[[process]]\nname = 'a'\ncommand = []", "a has an empty command"),
            ("[[process]]\nname = 'a'\nargs = []", "args"),
            ("", "process"),
            (&"[[process]]\nname = 'a'\n".repeat(17), "17"),
        ] {
            let refusal = parse(text).expect_err(text).to_string();
            assert!(refusal.contains(named), "{text:?} was refused with {refusal:?}");
        }
    }
}

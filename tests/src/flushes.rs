//! Reads what strace wrote down and tells what a power cut would have lost at any moment.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::path::Path;

/// Calls that have to be written down for [`Calls::lost`] to be right: those that change files or directories, those that flush
/// them, and those that answer a client.
pub const WATCHED: &str = "openat,write,pwrite64,writev,pwritev,rename,renameat,renameat2,mkdir,mkdirat,ftruncate,\
                           fsync,fdatasync,sync_file_range,sendto,sendmsg,shutdown";

/// A system call that succeeded. Instants are line numbers of the record.
#[derive(Clone, Debug)]
pub struct Call {
    /// `fsync`.
    pub name: String,
    /// Its arguments as strace shows them: descriptors with their files, `35</data/spool>`.
    pub arguments: String,
    /// When it began ...
    pub begun: usize,
    /// ... and when it was over.
    pub ended: usize,
}

impl Call {
    /// The file of the first argument, when that is a descriptor of one.
    fn file(&self) -> Option<&str> {
        let (descriptor, rest) = self.arguments.split_once('<')?;
        let is_number = !descriptor.is_empty() && descriptor.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && rest.starts_with('/')).then(|| rest.split('>').next().unwrap_or(rest))
    }

    /// The last path that is an argument: where a file went.
    fn target(&self) -> Option<&str> {
        self.arguments.rsplit('"').nth(1)
    }

    fn is_any(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    /// The file that it makes.
    #[must_use]
    pub fn makes(&self) -> Option<&str> {
        let makes = self.name == "openat" && self.arguments.contains("O_CREAT|O_EXCL");
        makes.then(|| self.target()).flatten()
    }

    /// What it leaves to be flushed: a file's content, or the names in a directory.
    fn dirties(&self) -> Option<&str> {
        if self.is_any(&["write", "pwrite64", "writev", "pwritev", "ftruncate"]) {
            return self.file();
        }
        let named = match self.makes() {
            None if self.is_any(&["rename", "renameat", "renameat2", "mkdir", "mkdirat"]) => self.target(),
            made => made,
        };
        Path::new(named?).parent()?.to_str()
    }

    fn flushes(&self) -> Option<&str> {
        self.is_any(&["fsync", "fdatasync"]).then(|| self.file()).flatten()
    }
}

/// The calls of some processes, by their begin.
#[derive(Clone, Debug)]
pub struct Calls(pub Vec<Call>);

impl Calls {
    /// Reads a record of [`crate::trouble::Strace::record`]. Calls that failed are left out.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let text = std::fs::read(file).expect("a record of strace");
        let text = String::from_utf8_lossy(&text);
        let mut begun: HashMap<&str, (usize, &str)> = HashMap::new();
        let mut calls = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let Some((thread, said)) = line.split_once(' ') else { continue };
            let said = said.trim_start();
            if let Some(first) = said.strip_suffix("<unfinished ...>") {
                begun.insert(thread, (at, first));
                continue;
            }
            let whole = match said.split_once(" resumed>") {
                Some((_, rest)) if said.starts_with("<... ") => {
                    begun.remove(thread).map(|(start, first)| (start, format!("{first}{rest}")))
                }
                _ => Some((at, said.to_owned())),
            };
            calls.extend(whole.and_then(|(start, whole)| {
                let (call, result) = whole.rsplit_once(" = ")?;
                let (name, arguments) = call.split_once('(')?;
                let failed = result.trim_start().starts_with('-');
                let call =
                    Call { name: name.to_owned(), arguments: arguments.to_owned(), begun: start, ended: at };
                (!failed).then_some(call)
            }));
        }
        calls.sort_by_key(|call| call.begun);
        Self(calls)
    }

    /// The same without some calls: what would have been had they been forgotten.
    #[must_use]
    pub fn without(&self, forgotten: impl Fn(&Call) -> bool) -> Self {
        Self(self.0.iter().filter(|call| !forgotten(call)).cloned().collect())
    }

    /// What a power cut at `at` might have lost of the files and directories that `matters` says: something was changed and
    /// no flush of it began after that and was over by then.
    #[must_use]
    pub fn lost(&self, at: usize, matters: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let changed = self.0.iter().filter(|call| call.begun < at);
        let changes = changed.filter_map(|call| Some((call.dirties()?, call.ended)));
        let lost = changes.filter(|(what, _)| matters(what)).filter(|(what, changed)| {
            !self
                .0
                .iter()
                .any(|call| call.begun > *changed && call.ended < at && call.flushes() == Some(*what))
        });
        lost.map(|(what, _)| what.to_owned()).collect()
    }
}

//! requested-attributes.

use std::collections::HashSet;

/// Which attributes a client asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    names: HashSet<String>,
    all: bool,
}

impl Wanted {
    /// From the values of requested-attributes.
    pub(crate) fn new<'a>(requested: impl Iterator<Item = &'a str>) -> Self {
        let names: HashSet<String> = requested.take(NAMES_MAX).map(str::to_owned).collect();
        Self { all: names.contains("all"), names }
    }

    /// Whether nothing was asked for in particular; the operation then has its default.
    pub(crate) fn is_unsaid(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether `name`, which belongs to the group of attributes called `group`, was asked for.
    pub(crate) fn has(&self, name: &str, group: &str) -> bool {
        self.all || self.names.contains(group) || self.names.contains(name)
    }

    /// Whether `name` was asked for by its own name: some are too long to be part of `all`.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// Names looked at; the model has fewer attributes.
const NAMES_MAX: usize = 1_000;

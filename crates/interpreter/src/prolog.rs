//! What runs ahead of the document, and what it says.

/// Marks what the prolog says, so that nothing a document prints is taken for it.
#[derive(Clone, Debug)]
pub(crate) struct Mark(String);

impl Mark {
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Lets `showpage` and `copypage` say how many copies the page device or `#copies` asks for, then go on as ever.
    pub(crate) fn prolog(&self) -> String {
        ["showpage", "copypage"].iter().map(|name| self.wrapped(name)).collect()
    }

    fn wrapped(&self, name: &str) -> String {
        let mark = &self.0;
        format!(
            "userdict /{name} [ {{ (%stderr) (w) file dup (\\n{mark} ) writestring dup \
             currentpagedevice dup /NumCopies known {{ /NumCopies get }} {{ pop null }} ifelse \
             dup null eq {{ pop /#copies where {{ /#copies get }} {{ 1 }} ifelse }} if \
             20 string cvs writestring (\\n) writestring }} executeonly /exec cvx \
             systemdict /{name} get dup type /operatortype ne {{ /exec cvx }} if ] cvx executeonly put "
        )
    }

    /// The copies a line of the prolog tells.
    pub(crate) fn copies(&self, line: &[u8]) -> Option<u32> {
        let rest = line.strip_prefix(self.0.as_bytes())?.strip_prefix(b" ")?;
        // A printer takes no copies for one copy.
        std::str::from_utf8(rest).ok()?.trim().parse().ok().map(|copies: u32| copies.max(1))
    }
}

/// The error a run of Ghostscript reports, as the reader of `pdl` words it.
pub(crate) fn error(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let (_, what) = text.split_once("Error: /")?;
    Some(what.trim().replace("--", "").chars().filter(|c| !c.is_control()).take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mark_of_this_run_is_believed() {
        let mark = Mark::from_bytes([7; 16]);
        let other = Mark::from_bytes([8; 16]);
        let line = format!("{} 3", "07".repeat(16));
        assert_eq!(mark.copies(line.as_bytes()), Some(3));
        assert_eq!(other.copies(line.as_bytes()), None);
        assert_eq!(mark.copies(b" 3"), None);
        assert_eq!(mark.copies(format!("{} 0", "07".repeat(16)).as_bytes()), Some(1));
    }

    #[test]
    fn an_error_is_told_without_dashes() {
        assert_eq!(error(b"Error: /undefined in foo").as_deref(), Some("undefined in foo"));
        assert_eq!(
            error(b"Error: /rangecheck in --setlinewidth--").as_deref(),
            Some("rangecheck in setlinewidth")
        );
        assert_eq!(error(b"hello"), None);
    }
}

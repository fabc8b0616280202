//! Reading a template and filling it in.

use super::{Kind, Tags, Text};

/// Longest template, bytes.
const TEMPLATE_MAX: usize = 64 * 1024;
/// Longest subject, characters.
const SUBJECT_MAX: usize = 200;

/// A template that was read and is right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    subject: Vec<Part>,
    body: Vec<Part>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Plain(String),
    Tag(String),
    /// The words a tag chooses from.
    Choice(String, Vec<String>),
    /// The text before a list.
    List(String, String),
}

/// What is wrong with a template; lines are counted from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// A mail of this kind has no such tag.
    #[error("line {line}: a mail of this kind has no tag <%{tag}%>; it has {known}")]
    UnknownTag {
        /// Where.
        line: usize,
        /// What it says.
        tag: String,
        /// What could be there.
        known: String,
    },
    /// A tag has no end.
    #[error("line {line}: a tag begins with <% and does not end with %>")]
    Unended {
        /// Where.
        line: usize,
    },
    /// A tag's words are not what they should be.
    #[error(
        "line {line}: the tag <%{tag}...%> cannot be read; write <%NAME%>, <%NAME=\"No|Yes\"%> or <%USERLIST TEXT=\"...\"%>"
    )]
    Malformed {
        /// Where.
        line: usize,
        /// How it begins.
        tag: String,
    },
    /// There is no subject, or more than one.
    #[error("a template has one <%SUBJECT=\"...\"%>, this one has {0}")]
    Subjects(usize),
    /// It is longer than anybody would read.
    #[error("the template is longer than {TEMPLATE_MAX} bytes")]
    TooLong,
}

impl Template {
    /// Reads a template for mails of `kind`.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str, kind: Kind) -> Result<Self, TemplateError> {
        if text.len() > TEMPLATE_MAX {
            return Err(TemplateError::TooLong);
        }
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let mut reader = Reader { kind, line: 1, subjects: Vec::new() };
        let body = reader.parts(&text, true)?;
        let count = reader.subjects.len();
        match reader.subjects.pop() {
            Some(subject) if count == 1 => Ok(Self { subject, body }),
            _ => Err(TemplateError::Subjects(count)),
        }
    }

    /// Whether the tag of this name, in capitals, stands in it.
    pub fn uses(&self, tag: &str) -> bool {
        self.subject.iter().chain(&self.body).any(|part| match part {
            Part::Plain(_) => false,
            Part::Tag(name) | Part::Choice(name, _) | Part::List(name, _) => name == tag,
        })
    }

    /// Fills it in.
    pub fn fill(&self, tags: &Tags) -> Text {
        let subject: String = fill(&self.subject, tags).split_whitespace().collect::<Vec<_>>().join(" ");
        let body = fill(&self.body, tags);
        Text {
            subject: subject.chars().take(SUBJECT_MAX).collect(),
            body: format!("{}\n", body.trim_matches('\n')),
        }
    }
}

fn fill(parts: &[Part], tags: &Tags) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Plain(plain) => text.push_str(plain),
            Part::Tag(name) => text.push_str(tags.value(name)),
            Part::Choice(name, words) => {
                let chosen = tags.value(name).parse::<usize>().ok().and_then(|choice| words.get(choice));
                text.push_str(chosen.map_or("", String::as_str));
            }
            Part::List(name, before) => {
                let list = tags.value(name);
                if !list.is_empty() {
                    text.push_str(&format!("{before}\n{list}"));
                }
            }
        }
    }
    text
}

struct Reader {
    kind: Kind,
    line: usize,
    subjects: Vec<Vec<Part>>,
}

impl Reader {
    fn parts(&mut self, mut text: &str, outermost: bool) -> Result<Vec<Part>, TemplateError> {
        let mut parts = Vec::new();
        while let Some(start) = text.find("<%") {
            let (plain, rest) = text.split_at(start);
            self.line += plain.matches('\n').count();
            if !plain.is_empty() {
                parts.push(Part::Plain(plain.to_owned()));
            }
            let (inner, rest) = end_of_tag(&rest[2..]).ok_or(TemplateError::Unended { line: self.line })?;
            parts.extend(self.tag(inner, outermost)?);
            self.line += inner.matches('\n').count();
            text = rest;
        }
        self.line += text.matches('\n').count();
        if !text.is_empty() {
            parts.push(Part::Plain(text.to_owned()));
        }
        Ok(parts)
    }

    fn tag(&mut self, inner: &str, outermost: bool) -> Result<Option<Part>, TemplateError> {
        let inner = inner.trim();
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(length);
        let name = name.to_ascii_uppercase();
        let rest = rest.trim();
        let malformed =
            || TemplateError::Malformed { line: self.line, tag: inner.chars().take(20).collect() };
        if name == "SUBJECT" {
            let words = quoted(rest.strip_prefix('=').ok_or_else(malformed)?).ok_or_else(malformed)?;
            if !outermost {
                return Err(malformed());
            }
            let line = self.line;
            let subject = self.parts(words, false)?;
            self.line = line;
            self.subjects.push(subject);
            return Ok(None);
        }
        if !self.kind.has_tag(&name) {
            let mut known: Vec<&str> = super::COMMON.iter().chain(self.kind.tags()).copied().collect();
            known.sort_unstable();
            return Err(TemplateError::UnknownTag {
                line: self.line,
                tag: if name.is_empty() { inner.chars().take(20).collect() } else { name },
                known: known.join(", "),
            });
        }
        if rest.is_empty() {
            return Ok(Some(match name.as_str() {
                "USERLIST" => Part::List(name, String::new()),
                _ => Part::Tag(name),
            }));
        }
        if let Some(words) = rest.strip_prefix('=').and_then(quoted) {
            return Ok(Some(Part::Choice(name, words.split('|').map(str::to_owned).collect())));
        }
        let is_text = rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("TEXT"));
        let text = is_text.then(|| rest[4..].trim_start().strip_prefix('=').and_then(quoted)).flatten();
        match text {
            Some(text) if name == "USERLIST" => Ok(Some(Part::List(name, text.to_owned()))),
            _ => Err(malformed()),
        }
    }
}

/// Splits behind the `%>` that ends a tag whose `<%` was read, over tags inside it.
fn end_of_tag(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let end = rest.find("%>")?;
        match rest.find("<%") {
            Some(start) if start < end => {
                depth += 1;
                at += start + 2;
            }
            _ => {
                depth -= 1;
                at += end + 2;
                if depth == 0 {
                    return Some((&text[..at - 2], &text[at..]));
                }
            }
        }
    }
}

fn quoted(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, kind: Kind, tags: &Tags) -> Text {
        Template::parse(text, kind).unwrap().fill(tags)
    }

    #[test]
    fn ops_2_every_built_in_template_is_right_and_uses_its_tags() {
        for kind in Kind::ALL {
            let text = filled(kind.built_in(), kind, &kind.sample());
            assert!(!text.subject.is_empty() && !text.body.contains("<%"), "{kind:?}: {text:?}");
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        let puk = filled(Kind::Puk.built_in(), Kind::Puk, &Kind::Puk.sample());
        assert!(puk.body.contains("Ann Example") && puk.body.contains("12345678"), "{}", puk.body);
    }

    /// The guide's own texts, as administrators have translated them.
    #[test]
    fn ops_2_the_guide_s_templates_are_read() {
        let warning = "<%SUBJECT=\"[SafeCom] Delete warning\"%>\r\nyour document: <%DOCUMENTNAME%>\r\nsubmitted on \
                       <%SUBMITDATE%><%SUBMITTIME%>\r\n<%USERLIST TEXT=\"Document has not yet been collected by:\"%>\r\n";
        let text = filled(warning, Kind::DeleteWarning, &Kind::DeleteWarning.sample());
        assert_eq!(text.subject, "[SafeCom] Delete warning");
        assert_eq!(
            text.body,
            "your document: Report.pdf\nsubmitted on 2026-11-2108:30\nDocument has not yet been collected by:\n\
             Ann Example\nBob Example\n"
        );
        let code = "<%SUBJECT=\"SafeCom ID code\"%>\n<%CardNo%>";
        assert_eq!(filled(code, Kind::Code, &Kind::Code.sample()).body, "AB12cd\n");
        let nested = "<%SUBJECT=\"[SafeCom Unfinished Job] <%USERLOGON%>\"%>\nx";
        let subject = filled(nested, Kind::UnfinishedJob, &Kind::UnfinishedJob.sample()).subject;
        assert_eq!(subject, "[SafeCom Unfinished Job] ann");
    }

    #[test]
    fn ops_2_a_choice_picks_its_word_and_an_empty_list_says_nothing() {
        let template = "<%SUBJECT=\"s\"%>\n<%ACCOUNTINGMODEL=\"No|Tracking|Pay For Print\"%>";
        let mut tags = Tags::default();
        for (choice, word) in [(0, "No\n"), (2, "Pay For Print\n"), (3, "\n")] {
            tags.set_choice("ACCOUNTINGMODEL", choice);
            assert_eq!(filled(template, Kind::Welcome, &tags).body, word);
        }
        let list = "<%SUBJECT=\"s\"%>\n<%USERLIST TEXT=\"by:\"%>end";
        assert_eq!(filled(list, Kind::JobDelete, &Tags::default()).body, "end\n");
    }

    #[test]
    fn ops_2_what_is_wrong_is_told_with_its_line() {
        let subject = "<%SUBJECT=\"s\"%>\n";
        let wrong = |text: &str| Template::parse(&format!("{subject}{text}"), Kind::Puk).unwrap_err();
        let unknown = wrong("a\n<%NOSUCH%>");
        assert!(
            matches!(&unknown, TemplateError::UnknownTag { line: 3, tag, .. } if tag == "NOSUCH"),
            "{unknown}"
        );
        assert!(unknown.to_string().contains("PUK"), "what could be there is told");
        assert!(matches!(wrong("<%DOCUMENTNAME%>"), TemplateError::UnknownTag { line: 2, .. }));
        assert!(matches!(wrong("<%PUK"), TemplateError::Unended { line: 2 }));
        assert!(matches!(wrong("<%PUK=x%>"), TemplateError::Malformed { line: 2, .. }));
        assert!(matches!(wrong("<%%>"), TemplateError::UnknownTag { .. }));
        assert_eq!(wrong("<%SUBJECT=\"two\"%>"), TemplateError::Subjects(2));
        assert_eq!(Template::parse("none", Kind::Puk).unwrap_err(), TemplateError::Subjects(0));
        assert_eq!(Template::parse(&"x".repeat(70_000), Kind::Puk).unwrap_err(), TemplateError::TooLong);
    }

    #[test]
    fn a_value_starts_no_line_and_no_header_and_is_no_template() {
        let mut tags = Tags::default();
        tags.set("USER", "Ann\r\nBcc: everybody@example.org").set("PUK", "<%USER%>");
        let text = filled("<%SUBJECT=\"for <%USER%>\"%>\n<%USER%> <%PUK%>", Kind::Puk, &tags);
        assert_eq!(text.subject, "for Ann Bcc: everybody@example.org");
        assert_eq!(text.body, "Ann  Bcc: everybody@example.org <%USER%>\n");
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let pieces = ["<%", "%>", "SUBJECT", "=", "\"", "|", "PUK", "TEXT", "\n", "ü", " ", "USERLIST"];
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(pieces[usize::try_from(state >> 33).unwrap() % pieces.len()]);
            }
            for kind in [Kind::Puk, Kind::JobDelete] {
                if let Ok(template) = Template::parse(&text, kind) {
                    template.fill(&kind.sample());
                }
            }
        }
    }
}

//! PJL lines: what they say already, what is changed in them, what is added.

use super::filter::Output;
use super::{Wish, Wishes};
use crate::accounting::Names;
use crate::language::Language;
use crate::pjl::command::{pairs, split};
use crate::pjl::{self, Directive, JobHeader};
use crate::settings::{JobSettings, Sides};

/// Which wishes the PJL lines of the job so far have said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) duplex: bool,
    pub(super) binding: bool,
    pub(super) copies: bool,
    pub(super) mono: bool,
    pub(super) toner_save: bool,
}

impl Said {
    pub(super) const ALL: Self =
        Self { duplex: true, binding: true, copies: true, mono: true, toner_save: true };

    pub(super) fn has(self, wish: Wish) -> bool {
        match wish {
            Wish::Sides => self.duplex,
            Wish::Copies => self.copies,
            Wish::Mono => self.mono,
            Wish::TonerSave => self.toner_save,
        }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.duplex |= more.duplex;
        self.binding |= more.binding;
        self.copies |= more.copies;
        self.mono |= more.mono;
        self.toner_save |= more.toner_save;
    }
}

/// Where in its headers the stream is.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// What the job's lines said.
    pub(super) said: Said,
    /// A PJL line came since the last language ended: the printer reads PJL.
    pub(super) lines: bool,
    /// The last of them had no line feed: an escape character follows.
    pub(super) open_line: bool,
    /// A Universal Exit Language sequence came since then.
    pub(super) exited: bool,
    /// A ticket of another maker's stands in front of the data.
    pub(super) ticket: bool,
    /// Follows what the reader of PJL makes of the lines.
    job: JobHeader,
}

impl Header {
    /// A Universal Exit Language sequence.
    pub(super) fn exit(&mut self) {
        if self.job.data_seen && !self.job.is_bracketed() {
            self.job.reset();
            self.said = Said::default();
        }
        (self.exited, self.lines, self.ticket, self.open_line) = (true, false, false, false);
    }

    /// A line.
    pub(super) fn note(&mut self, line: &[u8]) -> Directive {
        self.lines = true;
        let (command, _) = split(line);
        if [&b"JOB"[..], b"EOJ", b"RESET", b"INITIALIZE"]
            .iter()
            .any(|word| command.eq_ignore_ascii_case(word))
        {
            self.said = Said::default();
        }
        let directive = self.job.apply(line);
        if directive == Directive::EndJob {
            self.job.reset();
        }
        directive
    }

    /// Page data begins.
    pub(super) fn begin_data(&mut self) {
        (self.lines, self.exited, self.ticket) = (false, false, false);
    }

    /// Page data ends.
    pub(super) fn end_of_data(&mut self) {
        self.job.data_seen = true;
    }
}

/// Whether a language says `wish` itself, without PJL. `by_pjl`: PJL speaks for PCL 5, which then needs no
/// commands of its own.
pub(super) fn in_language(language: Language, wish: Wish, by_pjl: bool) -> bool {
    match (language, wish) {
        (Language::PclXl, Wish::Sides | Wish::Copies) => true,
        (Language::PostScript, Wish::Sides | Wish::Copies | Wish::Mono) => true,
        (Language::Pcl5, Wish::Sides | Wish::Copies | Wish::Mono) => !by_pjl,
        _ => false,
    }
}

/// Whether data of this language heeds what PJL says of `wish`: rasters and packages have tickets of their own,
/// which win.
pub(super) fn pjl_decides(language: Language, wish: Wish) -> bool {
    match wish {
        Wish::Mono | Wish::TonerSave => true,
        Wish::Sides | Wish::Copies => matches!(
            language,
            Language::Pcl5
                | Language::HpGl2
                | Language::Text
                | Language::Pdf
                | Language::Jpeg
                | Language::Tiff
                | Language::Unknown
        ),
    }
}

/// Whether a PJL header may be put in front of data of this language.
pub(super) fn takes_header(language: Language) -> bool {
    matches!(
        language,
        Language::Pcl5 | Language::PclXl | Language::PostScript | Language::Pdf | Language::Text
    )
}

/// The line behind an added header that leads into the language. Text is found by the printer.
pub(super) fn enter(language: Language) -> &'static [u8] {
    match language {
        Language::Pcl5 => b"@PJL ENTER LANGUAGE=PCL\r\n",
        Language::PclXl => b"@PJL ENTER LANGUAGE=PCLXL\r\n",
        Language::PostScript => b"@PJL ENTER LANGUAGE=POSTSCRIPT\r\n",
        Language::Pdf => b"@PJL ENTER LANGUAGE=PDF\r\n",
        _ => b"",
    }
}

/// What PJL has to say for a language (any, when the printer is to find out).
pub(super) fn needed(wishes: Wishes, language: Option<Language>) -> Said {
    let by_pjl = |wish| language.is_none_or(|language| !in_language(language, wish, true));
    Said {
        duplex: wishes.sides.is_some() && by_pjl(Wish::Sides),
        binding: wishes.sides.is_some_and(Sides::is_duplex) && by_pjl(Wish::Sides),
        copies: wishes.copies.is_some() && by_pjl(Wish::Copies),
        mono: wishes.mono && by_pjl(Wish::Mono),
        toner_save: wishes.toner_save,
    }
}

/// The lines that are missing.
pub(super) fn missing(wishes: Wishes, said: Said, language: Option<Language>) -> Vec<u8> {
    let needed = needed(wishes, language);
    let mut lines = String::new();
    let mut set = |name: &str, value: &str| {
        lines.push_str("@PJL SET ");
        lines.push_str(name);
        lines.push('=');
        lines.push_str(value);
        lines.push_str("\r\n");
    };
    if needed.duplex && !said.duplex {
        set("DUPLEX", on_or_off(wishes.sides.is_some_and(Sides::is_duplex)));
    }
    if needed.binding && !said.binding {
        set("BINDING", if wishes.sides == Some(Sides::ShortEdge) { "SHORTEDGE" } else { "LONGEDGE" });
    }
    if let Some(copies) = wishes.copies_number().filter(|_| needed.copies && !said.copies) {
        set("COPIES", &copies.to_string());
    }
    if needed.mono && !said.mono {
        set("RENDERMODE", "GRAYSCALE");
    }
    if needed.toner_save && !said.toner_save {
        set("ECONOMODE", "ON");
    }
    lines.into_bytes()
}

fn on_or_off(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

/// Writes a line, with the values of its variables that contradict the wishes replaced.
pub(super) fn rewrite_line(line: &[u8], wishes: Wishes, said: &mut Said, out: &mut Output<'_>) {
    let (command, rest) = split(line);
    let variables = if command.eq_ignore_ascii_case(b"SET") {
        rest
    } else if rest.starts_with(b"=") && !command.eq_ignore_ascii_case(b"COMMENT") {
        // `@PJL COPIES=2`: some drivers leave `SET` out.
        line.get(4..).unwrap_or_default()
    } else {
        &[]
    };
    let mut copied = 0;
    for pair in pairs(variables) {
        let Some(value) = pair.value else { continue };
        let Some(new) = replacement(pair.name, value, wishes, said) else { continue };
        // Names and values are parts of the line.
        let start = value.as_ptr().addr() - line.as_ptr().addr();
        out.copy(&line[copied..start]);
        out.put(new.as_bytes());
        copied = start + value.len();
    }
    out.copy(&line[copied..]);
}

/// What a variable's value has to become, if it is not that already.
fn replacement(name: &[u8], value: &[u8], wishes: Wishes, said: &mut Said) -> Option<String> {
    let mut asked = JobSettings::default();
    pjl::apply_variable(name, value, &mut asked, &mut Names::default());
    match name.to_ascii_uppercase().as_slice() {
        b"DUPLEX" => {
            let sides = wishes.sides?;
            said.duplex = true;
            let short_edge = sides == Sides::ShortEdge;
            let names_edge = asked.short_edge.is_some();
            said.binding |= names_edge && asked.short_edge == Some(short_edge);
            let agrees = asked.duplex == Some(sides.is_duplex())
                && (!names_edge || asked.short_edge == Some(short_edge));
            (!agrees).then(|| on_or_off(sides.is_duplex()).to_owned())
        }
        b"BINDING" => {
            let sides = wishes.sides.filter(|sides| sides.is_duplex())?;
            said.binding = true;
            let short_edge = sides == Sides::ShortEdge;
            (asked.short_edge != Some(short_edge))
                .then(|| if short_edge { "SHORTEDGE" } else { "LONGEDGE" }.to_owned())
        }
        b"COPIES" => {
            let copies = wishes.copies_number()?;
            said.copies = true;
            (asked.copies.map(|asked| asked.0) != Some(copies)).then(|| copies.to_string())
        }
        b"QTY" => {
            wishes.copies?;
            (asked.quantity.map(|asked| asked.0) != Some(1)).then(|| "1".to_owned())
        }
        b"RENDERMODE" | b"DATAMODE" | b"COLORMODE" | b"GRAYSCALE" | b"PLANESINUSE" if !wishes.mono => None,
        b"RENDERMODE" => {
            said.mono = true;
            (asked.gray != Some(true)).then(|| "GRAYSCALE".to_owned())
        }
        b"DATAMODE" => (asked.gray != Some(true)).then(|| "GRAYSCALE".to_owned()),
        b"COLORMODE" => (asked.gray != Some(true)).then(|| "MONO".to_owned()),
        b"GRAYSCALE" => (asked.gray != Some(true)).then(|| "BLACKONLY".to_owned()),
        b"PLANESINUSE" => (asked.gray != Some(true)).then(|| "1".to_owned()),
        b"ECONOMODE" => {
            if !wishes.toner_save {
                return None;
            }
            said.toner_save = true;
            (!value.eq_ignore_ascii_case(b"ON")).then(|| "ON".to_owned())
        }
        _ => None,
    }
}

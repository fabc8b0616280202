//! Control files (RFC 1179, section 7).

/// What a control file says of a whole job.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ControlFile {
    /// `H`: host the job came from.
    pub host: String,
    /// `P`: user who printed it.
    pub user: String,
    /// `J`: job name.
    pub job_name: String,
    /// `T`: title for pr.
    pub title: String,
    /// `C`: class for the banner page.
    pub class: String,
    /// `L`: user named on a banner page; empty: no banner asked for.
    pub banner_user: String,
    /// `M`: user to mail when printed.
    pub mail: String,
    /// One entry per data file, in order of appearance.
    pub files: Vec<File>,
}

/// One data file as the control file names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct File {
    /// Name of the data file, e.g. `dfA001host`.
    pub name: String,
    /// Format letter, section 7.17 and following: `l` as is, `f` formatted text, `o` PostScript ...
    pub format: char,
    /// How often the file is named, which is how copies are asked for.
    pub copies: u32,
    /// `N`: name of the file on the client.
    pub source_name: String,
}

/// What is known of one document.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct About {
    /// User who printed it.
    pub user: String,
    /// Host it came from, as the client says.
    pub host: String,
    /// Title for people: job name, else the name of the file, else of the data file.
    pub title: String,
    /// Copies asked for, at least 1.
    pub copies: u32,
    /// Format letter.
    pub format: char,
}

/// Copies one document may ask for; the limit of IPP's `copies` elsewhere in the suite.
const COPIES_MAX: u32 = 9_999;

impl ControlFile {
    /// Reads a control file. Lines that say nothing known are passed over: section 7 leaves
    /// letters to implementations, and a job is not lost for one.
    #[must_use]
    pub fn parse(octets: &[u8]) -> Self {
        let mut control = Self::default();
        let mut copies_of_all = 1;
        for line in octets.split(|&octet| octet == b'\n' || octet == 0) {
            let Some((&letter, operand)) = line.split_first() else { continue };
            let operand = text(operand);
            match letter {
                b'C' => control.class = operand,
                b'H' => control.host = operand,
                b'J' => control.job_name = operand,
                b'L' => control.banner_user = operand,
                b'M' => control.mail = operand,
                b'P' => control.user = operand,
                b'T' => control.title = operand,
                // The name belongs to the file named just before it; some clients put it first.
                b'N' => match control.files.last_mut() {
                    Some(file) if file.source_name.is_empty() => file.source_name = operand,
                    _ if control.job_name.is_empty() => control.job_name = operand,
                    _ => {}
                },
                // LPRng: copies of the whole job.
                b'K' | b'#' => copies_of_all = operand.trim().parse().unwrap_or(1),
                b'c' | b'd' | b'f' | b'g' | b'k' | b'l' | b'n' | b'o' | b'p' | b'r' | b't' | b'v' | b'z' => {
                    control.file_named(operand, char::from(letter));
                }
                _ => {}
            }
        }
        for file in &mut control.files {
            file.copies = file.copies.saturating_mul(copies_of_all).clamp(1, COPIES_MAX);
        }
        control
    }

    fn file_named(&mut self, name: String, format: char) {
        if let Some(file) = self.files.iter_mut().find(|file| file.name == name) {
            file.copies = file.copies.saturating_add(1);
        } else if !name.is_empty() {
            self.files.push(File { name, format, copies: 1, source_name: String::new() });
        }
    }

    /// What the control file says of the data file `name`; `None` when it does not name it.
    #[must_use]
    pub fn about(&self, name: &str) -> Option<About> {
        let file = self.files.iter().find(|file| file.name == name)?;
        let titles = [&self.job_name, &file.source_name, &self.title, &file.name];
        let title = titles.into_iter().find(|title| !title.is_empty()).map_or("", String::as_str);
        // rlpr sends the path of the file as the job's name; nobody wants to read where it lies.
        let title = match title.strip_prefix('/').and_then(|path| path.rsplit('/').next()) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => title.to_owned(),
        };
        Some(About {
            user: if self.user.is_empty() { self.banner_user.clone() } else { self.user.clone() },
            host: self.host.clone(),
            title,
            copies: file.copies,
            format: file.format,
        })
    }
}

/// UTF-8, else ISO 8859-1: the protocol names no character set.
pub(super) fn text(octets: &[u8]) -> String {
    let octets = octets.strip_suffix(b"\r").unwrap_or(octets);
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().map(|&octet| char::from(octet)).collect(),
    }
}

//! PCLm: a PDF whose pages are stacks of image strips, written so that a printer can print while it reads.
//!
//! Its structure is PDF's and read as such. Mopria's writers put a job ticket in comments behind the header
//! (`%PCLmS-Job-Ticket`), one `name: value` a line; it says what the client asked for.

use crate::accounting::Sink;
use crate::counts::Copies;
use crate::media::Paper;
use crate::pdf;
use crate::settings::JobSettings;
use crate::source::ReadAt;

/// How far into the document the ticket is looked for.
const TICKET_BYTES_MAX: usize = 4 * 1024;

/// Reads a document whose job header said `around`.
#[must_use]
pub fn read(source: &dyn ReadAt, around: &JobSettings) -> Sink {
    let mut head = vec![0; TICKET_BYTES_MAX];
    let settings = match source.read_full_at(0, &mut head) {
        Ok(read) => ticket(&head[..read]).or(around),
        Err(_) => around.clone(),
    };
    let mut sink = Sink::new(settings);
    pdf::read(source, &mut sink);
    sink
}

/// The settings in the comments before the first object.
fn ticket(head: &[u8]) -> JobSettings {
    let mut settings = JobSettings::default();
    let lines = head.split(|b| matches!(b, b'\r' | b'\n')).filter(|line| !line.is_empty());
    for line in lines.take_while(|line| line.starts_with(b"%")) {
        let line = String::from_utf8_lossy(line);
        let Some((name, value)) = line.trim_start_matches('%').split_once(':') else { continue };
        let value = value.trim().to_ascii_lowercase();
        match name.trim().to_ascii_lowercase().as_str() {
            "copies" => settings.copies = value.parse().ok().map(Copies::from_request),
            "media-size-name" => {
                settings.paper = Paper::from_pwg_name(&value).or_else(|| Paper::from_common_name(&value));
            }
            "sides" => {
                settings.duplex = match value.split(['-', '_']).next() {
                    Some("one") => Some(false),
                    Some("two") => Some(true),
                    _ => None,
                };
                settings.short_edge = Some(value.contains("short"));
            }
            "print-color-mode" => {
                settings.gray = Some(value.starts_with("mono") || value.starts_with("gray"))
            }
            _ => {}
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticket_is_read_from_comments_only() {
        let head = b"%PDF-1.7\n%PCLm 1.0\n%============= Job Ticket =============\n%  PCLmS-Job-Ticket\n\
            %    MediaHandlingSection\n%      media-size-name: iso_a4_210x297mm\n%      sides: two-sided-short-edge\n\
            %    RenderingSection\n%      print-color-mode: monochrome\n%      copies: 3\n%  PCLmS-Job-Ticket-End\n\
            1 0 obj\n%      copies: 9\n";
        let expected = JobSettings {
            copies: Some(Copies(3)),
            duplex: Some(true),
            short_edge: Some(true),
            paper: Paper::from_pwg_name("iso_a4_210x297mm"),
            gray: Some(true),
            ..JobSettings::default()
        };
        assert_eq!(ticket(head), expected);
        assert_eq!(ticket(b"%PDF-1.4\n%PCLm-1.0\n"), JobSettings::default());
    }
}

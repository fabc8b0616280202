//! Job tickets in front of page data that are not PJL: Xerox XPIF and XRX, Kyocera PRESCRIBE, Epson EJL.

mod ejl;
mod prescribe;
mod xpif;
mod xrx;

use crate::accounting::Names;
use crate::language::Language;
use crate::settings::JobSettings;

/// Longest ticket that is read; something longer that begins like one is page data.
pub const TICKET_BYTES_MAX: usize = 48 * 1024;

/// What a ticket says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    /// Settings for the data behind it.
    pub settings: JobSettings,
    /// Names of the job.
    pub names: Names,
    /// The language it switches to, if it names one.
    pub enters: Option<Language>,
}

/// What stands at the start of a stretch of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A ticket of so many bytes.
    Ticket(Box<Ticket>, usize),
    /// Not decided yet.
    NeedsMore,
    /// No ticket.
    None,
}

/// How each kind of ticket begins.
const BEGINNINGS: &[(&[u8], Reader)] = &[
    (b"<?xml", xpif::read),
    (b"<xpif", xpif::read),
    (b"%XRXbegin", xrx::read),
    (b"%%XRXbegin", xrx::read),
    (b"!R!", prescribe::read),
    (b"\x1b\x01@EJL", ejl::read),
    (b"@EJL", ejl::read),
];

/// Reads a ticket from bytes that begin like one.
type Reader = fn(&[u8]) -> Progress;

/// How far a ticket was read.
enum Progress {
    Whole(Box<Ticket>, usize),
    /// Whole if nothing follows.
    Open(Box<Ticket>, usize),
    Unfinished,
    NotATicket,
}

/// Looks for a ticket at the start of `bytes`. `complete` says that no more bytes will come.
#[must_use]
pub fn find(bytes: &[u8], complete: bool) -> Found {
    for (beginning, read) in BEGINNINGS {
        if bytes.starts_with(beginning) {
            let window = &bytes[..bytes.len().min(TICKET_BYTES_MAX)];
            return match read(window) {
                Progress::Whole(ticket, len) => Found::Ticket(ticket, len),
                Progress::Open(ticket, len) if complete => Found::Ticket(ticket, len),
                Progress::Open(..) if window.len() < TICKET_BYTES_MAX => Found::NeedsMore,
                Progress::Unfinished if !complete && window.len() < TICKET_BYTES_MAX => Found::NeedsMore,
                Progress::Open(..) | Progress::Unfinished | Progress::NotATicket => Found::None,
            };
        }
        if !complete && beginning.starts_with(bytes) {
            return Found::NeedsMore;
        }
    }
    Found::None
}

/// Takes what an XPIF document says that came in pieces (PJL `XCPT` lines).
pub(crate) fn xpif_document(text: &[u8]) -> Ticket {
    xpif::document(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Copies;
    use crate::settings::Sides;

    fn ticket(text: &str) -> (Ticket, usize) {
        for end in 1..text.len() {
            let early = find(&text.as_bytes()[..end], false);
            assert!(
                early == Found::NeedsMore || early == find(text.as_bytes(), true),
                "{:?} is decided too early",
                &text[..end]
            );
        }
        match find(text.as_bytes(), true) {
            Found::Ticket(ticket, len) => (*ticket, len),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn xpif_tickets_are_read() {
        let text = "<?xml version=\"1.0\"?>\n<!DOCTYPE xpif SYSTEM \"xpif-v02082a.dtd\">\n<xpif version=\"1.0\">\
            <xpif-operation-attributes><job-name syntax=\"name\">Price &amp; list</job-name>\
            <requesting-user-name syntax=\"name\">a.nowak</requesting-user-name></xpif-operation-attributes>\
            <job-template-attributes><copies syntax=\"integer\">2</copies>\
            <sides syntax=\"keyword\">two-sided-short-edge</sides>\
            <media-col syntax=\"collection\"><media-size syntax=\"collection\"><x-dimension syntax=\"integer\">21000\
            </x-dimension><y-dimension syntax=\"integer\">29700</y-dimension></media-size></media-col>\
            <color-effects-type syntax=\"keyword\">monochrome-grayscale</color-effects-type>\
            </job-template-attributes></xpif>\n%!PS";
        let (ticket, len) = ticket(text);
        assert_eq!(&text[len..], "\n%!PS");
        assert_eq!(ticket.names.job().as_deref(), Some("Price & list"));
        assert_eq!(ticket.names.user().as_deref(), Some("a.nowak"));
        assert_eq!(ticket.settings.copies, Some(Copies(2)));
        assert_eq!(ticket.settings.sides(), Some(Sides::ShortEdge));
        assert_eq!(ticket.settings.paper.map(|paper| paper.name()).as_deref(), Some("iso_a4_210x297mm"));
        assert_eq!(ticket.settings.gray, Some(true));
        assert_eq!(find(b"<?xml version=\"1.0\"?><svg></svg>", true), Found::None);
    }

    #[test]
    fn xrx_tickets_are_read() {
        let (ticket, len) = ticket(
            "%XRXbegin: 001.0300\n%XRXPDLformat: PS-Adobe\n%XRXtitle: Labels\n%XRXsenderName: m.silva\n\
             %XRXcopyCount: 4\n%XRXrequirements: duplex(tumble)\n%XRXdocumentPaperSizes: 216 279\n%XRXend\n%!PS",
        );
        assert_eq!(len, 175);
        assert_eq!(ticket.names.job().as_deref(), Some("Labels"));
        assert_eq!(ticket.names.user().as_deref(), Some("m.silva"));
        assert_eq!(ticket.settings.copies, Some(Copies(4)));
        assert_eq!(ticket.settings.sides(), Some(Sides::ShortEdge));
        assert_eq!(ticket.settings.paper.map(|paper| paper.name()).as_deref(), Some("na_letter_8.5x11in"));
    }

    #[test]
    fn prescribe_is_read() {
        let (ticket, len) = ticket("!R! RES; CMNT \"an EXIT;\"; DUPX 2; COPY 3; EXIT;\r\n%!PS");
        assert_eq!(len, 47);
        assert_eq!(ticket.settings.sides(), Some(Sides::ShortEdge));
        assert_eq!(ticket.settings.copies, Some(Copies(3)));
    }

    #[test]
    fn ejl_is_read() {
        let (ticket, _) = ticket("\x1b\x01@EJL \n@EJL JI ID=\"7\" USER=\"n.ito\"\n@EJL EN LA=ESC/PAGE\n");
        assert_eq!(ticket.names.user().as_deref(), Some("n.ito"));
        assert_eq!(ticket.enters, Some(Language::EscPage));
        let last = b"\x1b\x01@EJL \n\x1b\x01@EJL \n\n";
        assert_eq!(find(last, false), Found::NeedsMore);
        assert!(matches!(find(last, true), Found::Ticket(_, 17)));
    }
}

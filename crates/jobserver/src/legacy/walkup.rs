//! Copies, faxes, scans and e-mails as the protocol says them.

use domain::Status;
use domain::price::{Impressions, PaperSize, Part, Sheets};
use domain::walkup::Kind;
use wire::safecom::limits::WALKUP_SESSION_MAX;
use wire::safecom::records::{
    Toner, WalkupBegin, WalkupBeginAnswer, WalkupCounted, WalkupCountedAnswer, WalkupEnd, WalkupEndAnswer,
    WalkupKind, WalkupPart,
};
use wire::safecom::{Answer, Request};

use crate::failed::Failed;
use crate::session::DeviceSession;
use crate::walkup::{Asked, Report};

use super::convert;

/// Longest title and destination in a record, characters; what is longer is cut.
const TEXT_MAX: usize = 255;
/// All of a page.
const COVERAGE_MAX: u16 = 10_000;

/// Answers what is about one of them; `None` for any other request.
pub(super) async fn answer(device: &mut DeviceSession, request: Request) -> Option<Answer> {
    let answer = match request {
        Request::WalkupBegin(begin) => began(device, begin).await,
        Request::WalkupCounted(counted) => self::counted(device, counted).await,
        Request::WalkupEnd(end) => ended(device, end).await,
        _ => return None,
    };
    Some(answer.unwrap_or_else(convert::refusal))
}

async fn began(device: &mut DeviceSession, begin: WalkupBegin) -> Result<Answer, Failed> {
    let asked = Asked {
        session: session(begin.session)?,
        kind: match begin.kind {
            WalkupKind::Copy => Kind::Copy,
            WalkupKind::Fax => Kind::Fax,
            WalkupKind::Scan => Kind::Scan,
            WalkupKind::Email => Kind::Email,
        },
        color: begin.color,
        name: begin.name.as_deref().map(text).unwrap_or_default(),
        destination: begin.destination.as_deref().map(text).unwrap_or_default(),
    };
    let spendable = device.walkup_begin(asked).await?.map(|amount| amount.0);
    Ok(Answer::WalkupBegin(WalkupBeginAnswer { spendable }))
}

async fn counted(device: &mut DeviceSession, counted: WalkupCounted) -> Result<Answer, Failed> {
    let counts = device.walkup_count(session(counted.session)?, parts(counted.parts)?).await?;
    let (price, left) = counts.money.map(|(price, left)| (price.0, left.0)).unzip();
    Ok(Answer::WalkupCounted(WalkupCountedAnswer { price, left, go_on: counts.go_on }))
}

async fn ended(device: &mut DeviceSession, end: WalkupEnd) -> Result<Answer, Failed> {
    let report = Report {
        session: session(end.session)?,
        parts: parts(end.parts)?,
        completed: end.completed,
        bytes: i64::try_from(end.bytes).unwrap_or(i64::MAX),
        duplex: end.duplex,
        destination: end.destination.as_deref().map(text),
        name: end.name.as_deref().map(text),
        reason: end.reason.as_deref().map(text).unwrap_or_default(),
        toner: end.toner.map(toner),
    };
    let sum = device.walkup_end(report).await?;
    Ok(Answer::WalkupEnd(WalkupEndAnswer { pages: sum.pages, price: sum.price.map(|price| price.0) }))
}

fn session(id: String) -> Result<String, Failed> {
    let fits = (1..=WALKUP_SESSION_MAX).contains(&id.chars().count()) && !id.chars().any(char::is_control);
    if fits {
        return Ok(id);
    }
    let text = format!("a session id has 1 to {WALKUP_SESSION_MAX} characters");
    Err(Failed::refused(Status::REQUEST_INVALID, text))
}

/// What people read: without control characters, and no longer than a record has it.
fn text(text: &str) -> String {
    let clean: String = text.chars().filter(|character| !character.is_control()).collect();
    domain::text::shorten(clean.trim(), TEXT_MAX)
}

/// Counts by the papers of charging schemes. Papers that a scheme does not tell apart are one.
fn parts(parts: Vec<WalkupPart>) -> Result<Vec<Part>, Failed> {
    let mut seen: Vec<&str> = Vec::new();
    let mut all: Vec<Part> = Vec::new();
    for part in &parts {
        if seen.contains(&part.media.as_str()) {
            let text = format!("the device counts '{}' twice", self::text(&part.media));
            return Err(Failed::refused(Status::REQUEST_INVALID, text));
        }
        seen.push(&part.media);
        // A device that knows no paper copies on A4, as far as prices go (guide, "Define print costs through charging schemes").
        let size = if part.media.is_empty() { PaperSize::A4 } else { PaperSize::from_media(&part.media) };
        let known = all.iter_mut().find(|known| known.size == size);
        let known = match known {
            Some(known) => known,
            None => {
                all.push(Part { size, ..Part::default() });
                all.last_mut().expect("one was put there")
            }
        };
        known.sheets = Sheets(known.sheets.0.saturating_add(part.sheets));
        known.mono = Impressions(known.mono.0.saturating_add(part.mono));
        known.color = Impressions(known.color.0.saturating_add(part.color));
    }
    Ok(all)
}

/// Coverage by colour; more than a whole page is a whole page.
pub(super) fn toner(toner: Toner) -> [u16; 4] {
    let Toner { cyan, magenta, yellow, black } = toner;
    [cyan, magenta, yellow, black].map(|coverage| coverage.min(COVERAGE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(media: &str, sheets: u32, mono: u32, color: u32) -> WalkupPart {
        WalkupPart { media: media.into(), sheets, mono, color }
    }

    /// CHG-1, REL-9.
    #[test]
    fn papers_that_cost_the_same_are_one_and_none_comes_twice() {
        let counts = vec![
            part("iso_a4_210x297mm", 1, 2, 0),
            part("iso_a5_148x210mm", 1, 1, 0),
            part("", 3, 0, u32::MAX),
            part("iso_b5_176x250mm", 1, 0, 1),
        ];
        let known = parts(counts).unwrap();
        assert_eq!(known.len(), 2);
        assert_eq!((known[0].size, known[0].mono.0), (PaperSize::A4, 2));
        assert_eq!((known[0].sheets.0, known[0].color.0), (4, u32::MAX), "of paper that is not known");
        assert_eq!((known[1].size, known[1].sheets.0, known[1].color.0), (PaperSize::Other, 2, 1));
        let twice = parts(vec![part("x", 1, 1, 0), part("x", 1, 1, 0)]).unwrap_err();
        assert_eq!(twice.status, Status::REQUEST_INVALID);
    }

    #[test]
    fn ids_and_texts_have_their_bounds() {
        assert_eq!(session("copy-1".into()), Ok("copy-1".into()));
        assert!(session("x".repeat(WALKUP_SESSION_MAX)).is_ok());
        for wrong in [String::new(), "x".repeat(WALKUP_SESSION_MAX + 1), "a\nb".into()] {
            assert_eq!(session(wrong).unwrap_err().status, Status::REQUEST_INVALID);
        }
        assert_eq!(text(" a\u{7}b "), "ab");
        assert_eq!(
            toner(Toner { cyan: 1, magenta: 0, yellow: u16::MAX, black: 10_000 }),
            [1, 0, 10_000, 10_000]
        );
    }
}

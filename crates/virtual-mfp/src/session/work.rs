//! Copying, scanning, faxing and e-mailing at the panel: what the command line asks for, and one page after the other.

use std::str::FromStr;

use wire::safecom::records::{
    Toner, WalkupBegin, WalkupCounted, WalkupCountedAnswer, WalkupEnd, WalkupKind, WalkupPart,
};
use wire::safecom::{Answer, Request};

use crate::arguments::SessionArguments;
use crate::failure::Failure;
use crate::fault;
use crate::serve::counts::Counts;
use crate::serve::engine::Step;

use super::panel::Panel;

/// How much, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Amount {
    pages: u32,
    color: bool,
    duplex: bool,
    media: &'static str,
}

/// Papers of the simulated trays and glass, by the names that people know.
const PAPERS: [(&str, &str); 7] = [
    ("a4", "iso_a4_210x297mm"),
    ("a3", "iso_a3_297x420mm"),
    ("a5", "iso_a5_148x210mm"),
    ("executive", "na_executive_7.25x10.5in"),
    ("letter", "na_letter_8.5x11in"),
    ("legal", "na_legal_8.5x14in"),
    ("ledger", "na_ledger_11x17in"),
];

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(':');
        let number = words.next().unwrap_or_default();
        let pages = number.parse().ok().filter(|pages| (1..=PAGES_MAX).contains(pages));
        let pages = pages.ok_or_else(|| format!("'{number}' is no number of pages from 1 to {PAGES_MAX}"))?;
        let mut amount = Self { pages, color: false, duplex: false, media: PAPERS[0].1 };
        for word in words.map(str::to_ascii_lowercase) {
            match word.as_str() {
                "color" | "colour" => amount.color = true,
                "duplex" => amount.duplex = true,
                paper => {
                    let known = PAPERS.into_iter().find(|(name, _)| *name == paper);
                    let known = known.ok_or_else(|| {
                        let names: Vec<&str> = PAPERS.into_iter().map(|(name, _)| name).collect();
                        format!("'{paper}' is not color, duplex or one of {}", names.join(", "))
                    })?;
                    amount.media = known.1;
                }
            }
        }
        Ok(amount)
    }
}

/// Pages that one command makes at most.
const PAGES_MAX: u32 = 9_999;

impl Amount {
    /// What so many pages of it are; only copies take paper.
    fn counts(&self, kind: WalkupKind, pages: u32) -> Counts {
        let sheets = match (kind, self.duplex) {
            (WalkupKind::Copy, true) => pages.div_ceil(2),
            (WalkupKind::Copy, false) => pages,
            (WalkupKind::Fax | WalkupKind::Scan | WalkupKind::Email, _) => 0,
        };
        Counts {
            impressions: pages.into(),
            color: if self.color { pages.into() } else { 0 },
            sheets: sheets.into(),
        }
    }

    fn parts(&self, kind: WalkupKind, pages: u32) -> Vec<WalkupPart> {
        if pages == 0 {
            return Vec::new();
        }
        let sheets = u32::try_from(self.counts(kind, pages).sheets).unwrap_or(u32::MAX);
        let (mono, color) = if self.color { (0, pages) } else { (pages, 0) };
        vec![WalkupPart { media: self.media.to_owned(), sheets, mono, color }]
    }
}

/// The word for events and journals.
pub(super) fn word(kind: WalkupKind) -> &'static str {
    match kind {
        WalkupKind::Copy => "copy",
        WalkupKind::Fax => "fax",
        WalkupKind::Scan => "scan",
        WalkupKind::Email => "email",
    }
}

/// Does what the command line asks for, one after the other: copy, scan, fax, e-mail.
pub(super) async fn all(panel: &mut Panel<'_>, arguments: &SessionArguments) -> Result<(), Failure> {
    let asked = [
        (WalkupKind::Copy, &arguments.copy),
        (WalkupKind::Scan, &arguments.scan),
        (WalkupKind::Fax, &arguments.fax),
        (WalkupKind::Email, &arguments.email),
    ];
    for (kind, amounts) in asked {
        for amount in amounts {
            one(panel, arguments, kind, amount).await?;
        }
    }
    Ok(())
}

async fn one(
    panel: &mut Panel<'_>,
    arguments: &SessionArguments,
    kind: WalkupKind,
    amount: &Amount,
) -> Result<(), Failure> {
    let session = session_id()?;
    let begin = WalkupBegin {
        session: session.clone(),
        kind,
        color: amount.color,
        name: None,
        destination: (kind != WalkupKind::Copy).then(|| arguments.to.clone()).flatten(),
    };
    let id = panel.ask(Request::WalkupBegin(begin))?;
    let Answer::WalkupBegin(begun) = panel.answer(id).await? else { return Err(panel.nonsense()) };
    panel.report.began(kind, &session, begun.spendable);

    let mut made = 0;
    let mut why = None;
    while made < amount.pages && why.is_none() {
        if !page(panel, arguments, kind, amount, made).await? {
            why = Some("paper jam");
            break;
        }
        made += 1;
        let counted = WalkupCounted { session: session.clone(), parts: amount.parts(kind, made) };
        let id = panel.ask(Request::WalkupCounted(counted))?;
        let Answer::WalkupCounted(answer) = panel.answer(id).await? else { return Err(panel.nonsense()) };
        panel.report.counted(made, &answer);
        if arguments.die_after == Some(made) {
            return Err(Failure::Died);
        }
        let WalkupCountedAnswer { go_on, .. } = answer;
        if !go_on && made < amount.pages {
            why = Some("not enough is left for one more page");
        }
    }
    let counts = amount.counts(kind, made);
    let end = WalkupEnd {
        session,
        parts: amount.parts(kind, made),
        completed: why.is_none(),
        bytes: if kind == WalkupKind::Copy { 0 } else { u64::from(made) * SCANNED_PAGE_BYTES },
        duplex: amount.duplex,
        destination: None,
        name: None,
        reason: why.map(str::to_owned),
        toner: (kind == WalkupKind::Copy).then(|| counts.toner()),
    };
    let id = panel.ask(Request::WalkupEnd(end))?;
    let Answer::WalkupEnd(sum) = panel.answer(id).await? else { return Err(panel.nonsense()) };
    panel.report.made(kind, &sum, why);
    match why {
        None => Ok(()),
        Some(why) => Err(Failure::BrokenOff { pages: made, why: why.to_owned() }),
    }
}

/// Makes the page after the first `made`; `false` when the paper jams instead. Counters move where there is an engine: in this
/// program, or in the printer whose control port was named.
async fn page(
    panel: &Panel<'_>,
    arguments: &SessionArguments,
    kind: WalkupKind,
    amount: &Amount,
    made: u32,
) -> Result<bool, Failure> {
    let (before, after) = (amount.counts(kind, made), amount.counts(kind, made + 1));
    let counts =
        Counts { impressions: 1, color: after.color - before.color, sheets: after.sheets - before.sheets };
    let step = Step { before: made.into(), counts, prints: kind == WalkupKind::Copy };
    match (arguments.control_port, panel.engine()) {
        (Some(port), _) => fault::work(port, word(kind), step).await,
        (None, Some(engine)) => Ok(engine.work(word(kind), step)),
        (None, None) => Ok(true),
    }
}

/// Bytes that a scanned page is said to have.
const SCANNED_PAGE_BYTES: u64 = 100_000;

/// An id that no other work of the device has.
fn session_id() -> Result<String, Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::io("take random numbers")(std::io::Error::other(error)))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Counts {
    /// The coverage that a simulated page has: five percent of each toner that it takes.
    #[must_use]
    pub fn toner(self) -> Toner {
        let share = |part: u64| {
            let coverage = PAGE_COVERAGE * part / self.impressions.max(1);
            u16::try_from(coverage).unwrap_or(u16::MAX)
        };
        let color = share(self.color);
        Toner { cyan: color, magenta: color, yellow: color, black: share(self.impressions) }
    }
}

/// Coverage of a simulated page, hundredths of a percent.
const PAGE_COVERAGE: u64 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_says_how_many_pages_of_what() {
        let amount = |text: &str| text.parse::<Amount>();
        let plain = Amount { pages: 3, color: false, duplex: false, media: "iso_a4_210x297mm" };
        assert_eq!(amount("3"), Ok(plain.clone()));
        let all = Amount { color: true, duplex: true, media: "iso_a3_297x420mm", ..plain };
        assert_eq!(amount("3:colour:A3:duplex"), Ok(all.clone()));
        assert_eq!(amount("3:duplex:a3:color"), Ok(all.clone()));
        assert_eq!(all.counts(WalkupKind::Copy, 3), Counts { impressions: 3, color: 3, sheets: 2 });
        assert_eq!(all.counts(WalkupKind::Fax, 3).sheets, 0);
        assert_eq!(all.parts(WalkupKind::Copy, 0), []);
        for wrong in ["", "0", "10000", "x", "3:blue", "3:"] {
            assert!(amount(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn toner_follows_the_pages() {
        let toner = Counts { impressions: 4, color: 1, sheets: 4 }.toner();
        assert_eq!((toner.cyan, toner.black), (125, 500));
        assert_eq!(Counts::default().toner().black, 0);
    }
}

//! The report: one row a measurement, the ratio beside the reach.

use std::fmt;

/// Which way is better.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Better {
    /// Rates: the ratio is ours over the peer's.
    More,
    /// Times and memory: the ratio is the peer's over ours.
    Less,
}

/// One measurement.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    /// Name and figure of the peer; none where the reach is absolute.
    pub(crate) peer: Option<(String, f64)>,
    pub(crate) better: Better,
    /// The ratio (or, without a peer, the figure) to reach.
    pub(crate) reach: f64,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        let (_, peer) = self.peer.as_ref()?;
        Some(match self.better {
            Better::More => self.ours / peer,
            Better::Less => peer / self.ours,
        })
    }

    fn reached(&self) -> bool {
        match (self.ratio(), self.better) {
            (Some(ratio), _) => ratio >= self.reach,
            (None, Better::More) => self.ours >= self.reach,
            (None, Better::Less) => self.ours <= self.reach,
        }
    }
}

/// All rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a row and shows it at once on standard error.
    pub(crate) fn push(&mut self, row: Row) {
        eprintln!("  {}", line(&row));
        self.rows.push(row);
    }
}

fn line(row: &Row) -> String {
    let mark = if row.reached() { "reached" } else { "MISSED " };
    let peer = row.peer.as_ref().map_or_else(String::new, |(name, figure)| format!("{figure:.1} {name}"));
    let ratio = row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}x"));
    let bound = match (row.peer.is_some(), row.better) {
        (true, _) => format!("{:.2}x", row.reach),
        (false, Better::More) => format!("≥ {:.1}", row.reach),
        (false, Better::Less) => format!("≤ {:.1}", row.reach),
    };
    format!(
        "{mark} {:<58} {:>10.1} {:<7} {peer:<32} {ratio:>9}  (reach {bound})",
        row.what, row.ours, row.unit
    )
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<66} {:>10} {:<7} {:<32} {:>9}", "what", "ours", "", "peer", "ratio")?;
        for row in &self.rows {
            writeln!(f, "{}", line(row))?;
        }
        Ok(())
    }
}

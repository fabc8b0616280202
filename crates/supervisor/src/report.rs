//! The good news, on the console and in a file.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use service::{Common, listen};

use crate::suite::Member;

/// Tells that everything serves, and where.
pub(crate) fn ready(common: &Common, members: &[Member], ready_file: Option<&Path>) -> anyhow::Result<()> {
    let mut lines = String::new();
    for member in members {
        for listens in listen::report_read(&common.run_dir(), &member.name)? {
            lines.push_str(&format!("  {:<16} {listens}\n", member.name));
        }
    }
    let mut console = std::io::stdout().lock();
    // The console may be gone; the suite is up all the same.
    let _ = write!(
        console,
        "Papergate is up; its data is in {}. What listens where:\n{lines}",
        common.data.display()
    );
    let _ = console.flush();
    if let Some(file) = ready_file {
        let draft = file.with_extension("new");
        std::fs::write(&draft, &lines)
            .and_then(|()| std::fs::rename(&draft, file))
            .with_context(|| format!("the ready file {}", file.display()))?;
    }
    Ok(())
}

//! `papergate inspect`: what files of print data will put on paper.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use interpreter::{Ghostscript, Limits};
use pdl::source::FileSource;
use pdl::summary::Summary;
use pdl::{Helpers, Options, PostScriptInterpreter, ReadAt};

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash};

/// Files from this size on show a progress bar, bytes.
const PROGRESS_FROM_BYTES: u64 = 32 * 1024 * 1024;

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// Files of print data; "-" for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(shell: &mut Shell<'_>, arguments: &InspectArguments) -> Result<(), Failure> {
    let mut unreadable = None;
    let mut summaries = Vec::new();
    for path in &arguments.files {
        match inspect(path) {
            // One object per line: a script can read along while a long list is worked on.
            Ok(summary) if shell.output.is_json() => {
                let line = serde_json::to_string(&summary).expect("a summary has a JSON form");
                shell.output.text(&(line + "\n"))?;
            }
            Ok(summary) => summaries.push(summary),
            // The others are still worth reading; the first failure is the one that is told.
            Err(failure) => drop(unreadable.get_or_insert(failure)),
        }
    }
    if !summaries.is_empty() {
        let mut listing = shell.output.list::<Summary>();
        for summary in &summaries {
            listing.row(summary)?;
        }
        listing.finish()?;
    }
    unreadable.map_or(Ok(()), Err)
}

fn inspect(path: &Path) -> Result<Summary, Failure> {
    let name = path.to_string_lossy();
    let unreadable = || Failure::io(format!("read {name}"));
    let source: Box<dyn ReadAt> = if name == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable())?;
        Box::new(bytes)
    } else {
        let file = std::fs::File::open(path).map_err(unreadable())?;
        if file.metadata().map_err(unreadable())?.is_dir() {
            return Err(unreadable()(std::io::ErrorKind::IsADirectory.into()));
        }
        Box::new(FileSource::new(file).map_err(unreadable())?)
    };
    let bar = progress_bar(source.len(), PROGRESS_FROM_BYTES);
    // For PostScript that cannot be decided otherwise; without it such a file is undefined and says so.
    let ghostscript = Ghostscript::find(Limits::default()).ok();
    let postscript = ghostscript.map(|found| Box::new(found) as Box<dyn PostScriptInterpreter>);
    let helpers = Helpers { postscript };
    let report = pdl::inspect::inspect_with(&*source, Options::default(), &helpers, &mut |position| {
        bar.set_position(position);
    });
    bar.finish_and_clear();
    Ok(Summary::new(name, &report))
}

/// A bar on standard error, when a person watches and there is something to wait for.
pub(crate) fn progress_bar(bytes: u64, from_bytes: u64) -> ProgressBar {
    if bytes < from_bytes || !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(bytes).with_style(style.expect("the template is well formed"))
}

impl Listed for Summary {
    const COLUMNS: &'static [&'static str] = &[
        "FILE", "STATUS", "LANGUAGE", "PAGES", "COLOR", "SHEETS", "COPIES", "DUPLEX", "PAPER", "NAME",
        "REMARK",
    ];

    fn cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| or_dash(value.as_deref().unwrap_or_default());
        vec![
            self.file.clone(),
            self.status.to_owned(),
            self.languages.join(" "),
            self.pages.to_string(),
            self.color_pages.to_string(),
            self.sheets.to_string(),
            self.copies.map_or_else(|| "mixed".to_owned(), |copies| copies.to_string()),
            crate::output::yes(self.duplex),
            text(&self.paper),
            text(&self.job_name),
            self.why.clone().unwrap_or_default(),
        ]
    }
}

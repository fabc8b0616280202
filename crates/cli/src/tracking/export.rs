//! Writes the stream of an export to standard output or a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::export_chunk::Part;
use rpc::proto::trackingserver::export_request::Format as ProtoFormat;

use super::{Instants, Period};
use crate::Shell;
use crate::failure::Failure;
use crate::reach::Patience;

/// Which clothes records wear.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Format {
    /// XML
    Xml,
    /// Values between separators, with a line of names
    Csv,
    /// Values between separators, and a .sch file that names them
    Txt,
    /// One JSON array
    Json,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ExportOptions {
    /// Format of the file; csv, or json with --json
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Character between values of csv and txt, or "tab"; a comma when not given
    #[arg(long, default_value = "", value_name = "CHARACTER", hide_default_value = true)]
    separator: String,
    /// Mark the records with this label, at most 20 characters, unless an earlier export marked them
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    label: String,
    /// File to write; it is there whole or not at all
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ExportOptions {
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }
}

/// What was exported.
pub(super) struct Exported {
    pub(super) records: i64,
    /// Every exported record has at most this sequence.
    pub(super) until_sequence: i64,
}

pub(super) async fn run(
    shell: &mut Shell<'_>,
    period: &Period,
    options: &ExportOptions,
) -> Result<Exported, Failure> {
    let Instants { from_us, to_us } = period.instants()?;
    let default = if shell.output.is_json() { Format::Json } else { Format::Csv };
    let format = match options.format.unwrap_or(default) {
        Format::Xml => ProtoFormat::Xml,
        Format::Csv => ProtoFormat::Csv,
        Format::Txt => ProtoFormat::Txt,
        Format::Json => ProtoFormat::Json,
    };
    let separator = if options.separator == "tab" { "\t" } else { &options.separator };
    let request = proto::ExportRequest {
        from_us,
        to_us,
        logon: period.user.clone(),
        format: format.into(),
        separator: separator.to_owned(),
        label: options.label.clone(),
    };
    let mut chunks = shell.reach.tracking(Patience::Unlimited).await?.export(request).await?.into_inner();
    let mut file = options.output().map(Draft::create).transpose()?;
    let mut end = None;
    while let Some(chunk) = chunks.message().await? {
        match (chunk.part, &mut file) {
            (Some(Part::Data(data)), Some(draft)) => draft.write(&data)?,
            (Some(Part::Data(data)), None) => {
                shell.output.stream().write_all(&data).map_err(Failure::io("write the export"))?;
            }
            (Some(Part::Schema(schema)), Some(draft)) => draft.schema = Some(schema),
            // Without a file of its own the description has no place.
            (Some(Part::Schema(_)), None) | (None, _) => {}
            (Some(Part::End(summary)), _) => end = Some(summary),
        }
    }
    let Some(end) = end else {
        return Err(Failure::Unreachable("the trackingserver ended in the middle of the export".to_owned()));
    };
    // Whoever deletes afterwards relies on this: what was exported is safe before the answer.
    match file {
        Some(draft) => draft.finish()?,
        None => shell.output.stream().flush().map_err(Failure::io("write the export"))?,
    }
    Ok(Exported { records: end.records, until_sequence: end.until_sequence })
}

/// A file under a temporary name until it is whole and on disk.
struct Draft {
    path: PathBuf,
    temporary: PathBuf,
    file: io::BufWriter<File>,
    schema: Option<Vec<u8>>,
}

impl Draft {
    fn create(path: &Path) -> Result<Self, Failure> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".part");
        let temporary = PathBuf::from(temporary);
        let file = File::create(&temporary).map_err(Failure::io(format!("write {}", temporary.display())))?;
        Ok(Self { path: path.to_owned(), temporary, file: io::BufWriter::new(file), schema: None })
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.file.write_all(data).map_err(Failure::io(format!("write {}", self.temporary.display())))
    }

    fn finish(mut self) -> Result<(), Failure> {
        let path = self.path.clone();
        let failed = || Failure::io(format!("write {}", path.display()));
        self.file.flush().map_err(failed())?;
        self.file.get_ref().sync_all().map_err(failed())?;
        if let Some(schema) = &self.schema {
            // A Text Driver finds the description by the name of the data file.
            let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut text = format!("[{name}]\r\n").into_bytes();
            text.extend(schema);
            std::fs::write(self.path.with_extension("sch"), text).map_err(failed())?;
        }
        std::fs::rename(&self.temporary, &self.path).map_err(failed())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After `finish` it is gone already; after a failure nothing half-written stays.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

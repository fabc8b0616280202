//! What a line asks for.

use std::fmt;

/// A command of the console (guide, "TELNET interface").
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// `help`, `help COMMAND`: the text is made by [`help`].
    Help(String),
    /// `logoff`: ends the session.
    Logoff,
    /// `multiple info`: open connections.
    MultipleInfo,
    /// `server info`: state of the servers.
    ServerInfo,
    /// `server db info`: the stores.
    ServerDbInfo,
    /// `server restart OK NAME`: restarts one server, or `all`.
    ServerRestart(String),
    /// `trace info`: how tracing is set up.
    TraceInfo,
    /// Another set-up of tracing.
    Trace(TraceChange),
}

/// What changes about tracing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TraceChange {
    /// `trace on`, for the named components or all.
    On(Vec<String>),
    /// `trace off`.
    Off,
    /// `trace path PATH`: a directory; empty for the default one.
    Path(String),
    /// `trace size N`: kilobytes of one file.
    Size(u64),
    /// `trace count N`: files of one component.
    Count(u32),
    /// `trace store`: keeps the set-up across restarts.
    Store,
}

/// Why a line is no command.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// No command begins so.
    #[error("unknown command; type help for a list")]
    Unknown,
    /// The command is known, what follows makes no sense with it.
    #[error("usage: {0}")]
    Usage(&'static str),
}

/// A command as `help` tells it.
struct Entry {
    usage: &'static str,
    does: &'static str,
}

const HELP: &[Entry] = &[
    Entry { usage: "help [COMMAND]", does: "shows the commands, or more about those that begin so" },
    Entry { usage: "logoff", does: "ends this session" },
    Entry { usage: "multiple info", does: "lists the open connections" },
    Entry { usage: "server info", does: "lists the servers, their state and where they listen" },
    Entry { usage: "server db info", does: "tells about the stores" },
    Entry {
        usage: "server restart OK NAME",
        does: "restarts a server by its name in server info, or all of them",
    },
    Entry { usage: "trace info", does: "shows how tracing is set up" },
    Entry { usage: "trace on [SERVER ...]", does: "begins tracing of all servers, or of those named" },
    Entry { usage: "trace off", does: "ends tracing" },
    Entry {
        usage: "trace path [DIRECTORY]",
        does: "where trace files are written; without one, in the data directory",
    },
    Entry { usage: "trace size N", does: "kilobytes of a trace file, 16-1048576" },
    Entry { usage: "trace count N", does: "trace files kept of each server, 1-100" },
    Entry { usage: "trace store", does: "keeps the set-up across restarts" },
];

/// The text of `help COMMAND`, lines parted by line feeds; of everything when nothing begins with `about`.
pub fn help(about: &str) -> String {
    let about = words(about).join(" ").to_ascii_lowercase();
    let matching: Vec<&Entry> =
        HELP.iter().filter(|entry| entry.usage.to_ascii_lowercase().starts_with(&about)).collect();
    let shown = if matching.is_empty() { HELP.iter().collect() } else { matching };
    let width = shown.iter().map(|entry| entry.usage.len()).max().unwrap_or_default();
    let lines: Vec<String> =
        shown.iter().map(|entry| format!("{:width$}  {}", entry.usage, entry.does)).collect();
    lines.join("\n")
}

impl Command {
    /// Reads a line; `None` when it is empty. Words may be typed in any case, and are parted by any number of spaces.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub fn parse(line: &str) -> Result<Option<Self>, CommandError> {
        let words = words(line);
        let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        Ok(Some(match lower.as_slice() {
            [] => return Ok(None),
            ["help" | "?", about @ ..] => Self::Help(about.join(" ")),
            ["logoff" | "logout" | "exit" | "quit"] => Self::Logoff,
            ["multiple", "info"] => Self::MultipleInfo,
            ["multiple", ..] => return Err(CommandError::Usage("multiple info")),
            ["server", "info"] => Self::ServerInfo,
            ["server", "db", "info"] => Self::ServerDbInfo,
            ["server", "db", ..] => return Err(CommandError::Usage("server db info")),
            // The confirmation is a word of its own, in capitals, so that nobody restarts by a slip.
            ["server", "restart", "ok", name] if words[2] == "OK" => Self::ServerRestart((*name).to_owned()),
            ["server", "restart", ..] => return Err(CommandError::Usage("server restart OK NAME")),
            ["server", ..] => {
                return Err(CommandError::Usage("server info | server db info | server restart OK NAME"));
            }
            ["trace", "info"] => Self::TraceInfo,
            ["trace", rest @ ..] => Self::Trace(trace(rest, line)?),
            _ => return Err(CommandError::Unknown),
        }))
    }
}

fn trace(words: &[&str], line: &str) -> Result<TraceChange, CommandError> {
    let wrong = CommandError::Usage(
        "trace info | on [SERVER ...] | off | path [DIRECTORY] | size N | count N | store",
    );
    Ok(match words {
        ["on", servers @ ..] => TraceChange::On(servers.iter().map(|name| (*name).to_owned()).collect()),
        ["off"] => TraceChange::Off,
        // A directory's name may have spaces, and capitals.
        ["path", ..] => {
            let rest = line.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
            let rest = rest.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
            TraceChange::Path(rest.trim().to_owned())
        }
        ["size", number] => TraceChange::Size(number.parse().map_err(|_| wrong)?),
        ["count", number] => TraceChange::Count(number.parse().map_err(|_| wrong)?),
        ["store"] => TraceChange::Store,
        _ => return Err(wrong),
    })
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

impl fmt::Display for Command {
    /// As it would be typed, for the audit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Help(about) if about.is_empty() => f.write_str("help"),
            Self::Help(about) => write!(f, "help {about}"),
            Self::Logoff => f.write_str("logoff"),
            Self::MultipleInfo => f.write_str("multiple info"),
            Self::ServerInfo => f.write_str("server info"),
            Self::ServerDbInfo => f.write_str("server db info"),
            Self::ServerRestart(name) => write!(f, "server restart OK {name}"),
            Self::TraceInfo => f.write_str("trace info"),
            Self::Trace(TraceChange::On(names)) if names.is_empty() => f.write_str("trace on"),
            Self::Trace(TraceChange::On(names)) => write!(f, "trace on {}", names.join(" ")),
            Self::Trace(TraceChange::Off) => f.write_str("trace off"),
            Self::Trace(TraceChange::Path(path)) if path.is_empty() => f.write_str("trace path"),
            Self::Trace(TraceChange::Path(path)) => write!(f, "trace path {path}"),
            Self::Trace(TraceChange::Size(size)) => write!(f, "trace size {size}"),
            Self::Trace(TraceChange::Count(count)) => write!(f, "trace count {count}"),
            Self::Trace(TraceChange::Store) => f.write_str("trace store"),
        }
    }
}

//! How a secret gets in: from a file, the environment, a hidden prompt or a pipe; never as an argument,
//! because every user of a machine can read the arguments of every process.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Longest secret that is read, bytes; a whole file given by mistake is refused, not sent.
const SECRET_BYTES_MAX: u64 = 4096;

/// Reads the secret called `what` ("password", "PIN"): from `file` (`-` is standard input), else from the
/// environment variable `variable`, else from the terminal without echo, else as the first line of
/// standard input.
///
/// # Errors
/// When the source cannot be read or the secret is too long.
pub fn read(what: &str, file: Option<&Path>, variable: &str) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = file {
        if path.as_os_str() == "-" {
            return line(what, io::stdin().lock());
        }
        let source =
            File::open(path).map_err(Failure::io(format!("read the {what} from {}", path.display())))?;
        return line(what, BufReader::new(source));
    }
    if let Ok(value) = std::env::var(variable) {
        return Ok(Zeroizing::new(value));
    }
    if io::stdin().is_terminal() { prompt(what) } else { line(what, io::stdin().lock()) }
}

fn line(what: &str, source: impl BufRead) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let mut source = io::Read::take(source, SECRET_BYTES_MAX);
    source.read_line(&mut text).map_err(Failure::io(format!("read the {what}")))?;
    if text.len() as u64 == SECRET_BYTES_MAX {
        return Err(Failure::Usage(format!("the {what} is longer than {SECRET_BYTES_MAX} bytes")));
    }
    let kept = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(kept);
    Ok(text)
}

/// Asks on the terminal with the echo off, and restores it whatever happens.
fn prompt(what: &str) -> Result<Zeroizing<String>, Failure> {
    let stdin = io::stdin();
    let restore =
        tcgetattr(&stdin).map_err(|code| Failure::Io { what: "ask".into(), source: code.into() })?;
    let mut hidden = restore.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{what}: ");
    let _ = stderr.flush();
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)
        .map_err(|code| Failure::Io { what: "hide the typing".into(), source: code.into() })?;
    let read = line(what, stdin.lock());
    let _ = tcsetattr(&stdin, OptionalActions::Flush, &restore);
    let _ = writeln!(stderr);
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line_of_its_file() {
        let directory = tempfile::tempdir().unwrap();
        for (content, expected) in [("s3cret\nnot this\n", "s3cret"), ("s p \r\n", "s p "), ("", "")] {
            let path = directory.path().join("secret");
            std::fs::write(&path, content).unwrap();
            assert_eq!(*read("password", Some(&path), "PAPERGATE_NO_SUCH_VARIABLE").unwrap(), expected);
        }
    }

    #[test]
    fn a_file_that_is_no_secret_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("big");
        std::fs::write(&path, vec![b'x'; 10_000]).unwrap();
        assert_eq!(read("password", Some(&path), "PAPERGATE_NO_SUCH_VARIABLE").unwrap_err().exit_code(), 2);
    }
}

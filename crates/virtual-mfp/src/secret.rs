//! Where the device's secret and people's passwords come from: never from an argument, because every user of a
//! machine can read the arguments of every process.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write as _};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::arguments::DeviceArguments;
use crate::failure::Failure;

/// Environment variable with the device's secret.
const DEVICE_VARIABLE: &str = "PAPERGATE_DEVICE_SECRET";
/// Longest secret, bytes; a whole file given by mistake is refused, not sent.
const SECRET_BYTES_MAX: u64 = 4096;

/// The secret that the device proves itself with.
///
/// # Errors
/// When none of the places has it; the message says what to do.
pub fn device(arguments: &DeviceArguments) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = &arguments.secret_file {
        return from_file("device secret", path);
    }
    if let Ok(secret) = std::env::var(DEVICE_VARIABLE) {
        return Ok(Zeroizing::new(secret));
    }
    let name = &arguments.name;
    if let Some(data) = &arguments.data {
        for file in [name.clone(), name.to_lowercase()] {
            // The name is not a path: nothing outside the directory is ever read.
            let path = data.join("keys/devices").join(file.replace(['/', '\\'], "_"));
            match File::open(&path) {
                Ok(source) => return line("device secret", BufReader::new(source)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::io(format!("read {}", path.display()))(error)),
            }
        }
    }
    Err(Failure::Usage(format!(
        "the secret of the device '{name}' is not known. 'papergate device add {name}' shows it once; put it into a \
         file for --secret-file or into {DEVICE_VARIABLE}, or name the data directory of the suite with --data"
    )))
}

/// The password of a logon.
///
/// # Errors
/// When it cannot be read.
pub fn password(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    match (file, std::env::var("PAPERGATE_PASSWORD")) {
        (Some(path), _) => from_file("password", path),
        (None, Ok(password)) => Ok(Zeroizing::new(password)),
        (None, Err(_)) => ask("Password"),
    }
}

/// Whether somebody can be asked.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks on the terminal with the echo off, or takes the first line of standard input.
///
/// # Errors
/// When nothing can be read.
pub fn ask(what: &str) -> Result<Zeroizing<String>, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return line(what, stdin.lock());
    }
    let restore = tcgetattr(&stdin).map_err(io::Error::from).map_err(Failure::io("ask"))?;
    let mut hidden = restore.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    let mut stderr = io::stderr();
    // A closed stream leaves nobody to ask; reading says so.
    let _ = write!(stderr, "{what}: ");
    let _ = stderr.flush();
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)
        .map_err(io::Error::from)
        .map_err(Failure::io("hide the typing"))?;
    let read = line(what, stdin.lock());
    let _ = tcsetattr(&stdin, OptionalActions::Flush, &restore);
    let _ = writeln!(stderr);
    read
}

fn from_file(what: &str, path: &Path) -> Result<Zeroizing<String>, Failure> {
    if path.as_os_str() == "-" {
        return line(what, io::stdin().lock());
    }
    let source = File::open(path).map_err(Failure::io(format!("read the {what} from {}", path.display())))?;
    line(what, BufReader::new(source))
}

fn line(what: &str, source: impl BufRead) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let mut source = source.take(SECRET_BYTES_MAX);
    source.read_line(&mut text).map_err(Failure::io(format!("read the {what}")))?;
    if text.len() as u64 == SECRET_BYTES_MAX {
        return Err(Failure::Usage(format!("the {what} is longer than {SECRET_BYTES_MAX} bytes")));
    }
    let kept = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(kept);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(data: Option<&Path>, secret_file: Option<&Path>) -> DeviceArguments {
        DeviceArguments {
            name: "MFP1".into(),
            server: "127.0.0.1:7500".into(),
            secret_file: secret_file.map(Into::into),
            data: data.map(Into::into),
            plain: false,
        }
    }

    #[test]
    fn the_secret_is_found_in_a_file_or_in_the_local_suite() {
        let directory = tempfile::tempdir().unwrap();
        let devices = directory.path().join("keys/devices");
        std::fs::create_dir_all(&devices).unwrap();
        std::fs::write(devices.join("mfp1"), "from-the-suite\n").unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "from-the-file").unwrap();
        let path = Some(directory.path());
        assert_eq!(*device(&arguments(path, Some(&file))).unwrap(), "from-the-file");
        assert_eq!(*device(&arguments(path, None)).unwrap(), "from-the-suite");
    }

    #[test]
    fn a_missing_secret_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let failure = device(&arguments(Some(directory.path()), None)).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("papergate device add MFP1"));
    }
}

//! Unix sockets in `DIR/run`.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::Caller;

/// The socket of server `name`.
pub(super) fn path(run_dir: &Path, name: &str) -> PathBuf {
    run_dir.join(format!("{name}.sock"))
}

/// Opens the socket of server `name`, in place of one that a dead predecessor left.
pub(crate) fn listen(run_dir: &Path, name: &str) -> io::Result<UnixListener> {
    let path = path(run_dir, name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = short(&path, |path| UnixListener::bind(path))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

pub(super) async fn connect(path: &Path) -> io::Result<UnixStream> {
    // The blocking call is fine: connecting to a Unix socket does not wait for the peer.
    let stream = short(path, |path| std::os::unix::net::UnixStream::connect(path))?;
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

/// Who is at the other end; refused unless it is the suite's own user or root.
pub(super) fn caller(stream: &UnixStream) -> io::Result<Caller> {
    let peer = stream.peer_cred()?;
    let own = rustix::process::geteuid().as_raw();
    if peer.uid() != own && peer.uid() != 0 {
        let refusal = format!("user {} is neither this suite's user {own} nor root", peer.uid());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal));
    }
    Ok(Caller::Local { uid: peer.uid(), pid: peer.pid() })
}

/// Runs `act` on `path`, or on a short name of the same file: a socket's address holds 107 bytes, and a
/// data directory may lie deeper.
fn short<T>(path: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().len() <= ADDRESS_BYTES_MAX {
        return act(path);
    }
    let (Some(dir), Some(file)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let dir = File::open(dir)?;
    act(&Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(file))
}

/// `sun_path` without its end mark.
const ADDRESS_BYTES_MAX: usize = 107;

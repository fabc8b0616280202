//! The start-up script: the administrator's own commands before the first server starts.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use service::Misconfigured;

use crate::config::Config;

/// Runs the script, if there is one, and waits for it.
///
/// # Errors
/// When it cannot be run, fails, or takes longer than its limit: what it prepares may be needed.
pub(crate) async fn run(config: &Config, data: &Path) -> anyhow::Result<()> {
    let Some(script) = find(config, data)? else { return Ok(()) };
    tracing::info!(script = %script.display(), "running the start-up script");
    let mut child = tokio::process::Command::new(&script)
        .env("PAPERGATE_DATA", data)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("the start-up script {} cannot be run", script.display()))?;
    let limit = Duration::from_secs(config.startup_script_limit_s);
    let status = tokio::time::timeout(limit, child.wait()).await;
    let status =
        status.with_context(|| format!("the start-up script took longer than {} s", limit.as_secs()))??;
    anyhow::ensure!(status.success(), "the start-up script ended with {status}");
    Ok(())
}

fn find(config: &Config, data: &Path) -> Result<Option<PathBuf>, Misconfigured> {
    let executable = |file: &Path| {
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    };
    match &config.startup_script {
        Some(script) if executable(script) => Ok(Some(script.clone())),
        Some(script) => Err(Misconfigured(format!("startup_script {} is no program", script.display()))),
        None => Ok(Some(data.join("startup")).filter(|script| executable(script))),
    }
}

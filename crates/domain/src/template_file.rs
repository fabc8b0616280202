//! The form of the files that administrators edit by hand: comments, and lines of `Name="value"`.

/// One line: `None` for an empty one or a comment (`;`, or the dashes that frame the comment of the guide's own files).
///
/// # Errors
/// Nothing when the line is neither; whoever reads the file says what it expected.
pub(crate) fn assignment(line: &str) -> Result<Option<(&str, &str)>, ()> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(';') || line.bytes().all(|byte| byte == b'-') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or(())?;
    let value = value.trim().strip_prefix('"').and_then(|value| value.strip_suffix('"')).ok_or(())?;
    Ok(Some((name.trim(), value)))
}

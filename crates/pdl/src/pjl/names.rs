//! Where each maker's drivers put the names of user, document and driver.

use super::command::pairs;
use crate::accounting::{NameRank, Names};
use crate::text_codec::decode;

/// A variable that is no setting; `name` in upper case.
pub(super) fn apply(name: &[u8], value: &[u8], names: &mut Names) {
    match name {
        b"USERNAME" => names.claim_user(NameRank::Variable, &decode(value)),
        // Ricoh's host login name is the person, its user id a code typed at the panel.
        b"HOSTLOGINNAME" | b"LOGINUSER" | b"KMUSERNAME" | b"JOBUSERNAME" | b"JOBOWNER" | b"OWNERNAME" => {
            names.claim_user(NameRank::Job, &decode(value));
        }
        b"ACCOUNTLOGIN" | b"OWNERID" | b"USERID" | b"ACCOUNTING_INFORMATION_USERID" => {
            names.claim_user(NameRank::Ticket, &decode(value));
        }
        b"JOBNAME" => names.claim_job(NameRank::Variable, &decode(value)),
        b"DOCUMENTNAME" | b"DOCNAME" | b"JOBTITLE" | b"KMJOBNAME" => {
            names.claim_job(NameRank::Ticket, &decode(value));
        }
        b"DRIVERNAME" | b"DRIVER" => names.claim_driver(NameRank::Variable, &decode(value)),
        b"JOBATTR" => job_attribute(value, names),
        _ => {}
    }
}

/// `JOBATTR="Key=value"`: account attributes of HP, and of Xerox and Fuji Xerox (`@JOAU`, job owner).
fn job_attribute(value: &[u8], names: &mut Names) {
    let Some(equals) = memchr::memchr(b'=', value) else { return };
    let (key, text) = (value[..equals].trim_ascii(), decode(&value[equals + 1..]));
    match key.to_ascii_uppercase().as_slice() {
        b"JOBACCT1" => names.claim_user(NameRank::Job, &text),
        b"@JOAU" | b"@USNM" => names.claim_user(NameRank::Ticket, &text),
        b"DRIVERNAME" | b"DRIVER" => names.claim_driver(NameRank::Job, &text),
        _ => {}
    }
}

/// A comment: `"Username: x; App Filename: y; date"` of HP's drivers, `DRIVER="z"`, Canon's
/// `CANPJL SET USERNAME="x"`, Xerox's `OID_ATT_JOB_OWNER "x"`, or a driver's name as it is.
pub(super) fn comment(bytes: &[u8], names: &mut Names) {
    if let Some(rest) = strip_word(bytes, b"CANPJL") {
        let rest = strip_word(rest, b"SET").unwrap_or(rest);
        for pair in pairs(rest) {
            if let Some(value) = pair.value {
                let name = pair.name.to_ascii_uppercase();
                let rank = NameRank::Ticket;
                match name.as_slice() {
                    b"USERNAME" | b"OWNERNAME" => names.claim_user(rank, &decode(value)),
                    b"DOCNAME" | b"JOBNAME" | b"DOCUMENTNAME" => names.claim_job(rank, &decode(value)),
                    _ => {}
                }
            }
        }
        return;
    }
    if let Some(owner) = strip_word(bytes, b"OID_ATT_JOB_OWNER") {
        names.claim_user(NameRank::Ticket, decode(owner).trim_matches(['"', ';', ' ']));
        return;
    }
    for pair in pairs(bytes) {
        if let (true, Some(value)) = (pair.name.eq_ignore_ascii_case(b"DRIVER"), pair.value) {
            names.claim_driver(NameRank::Ticket, &decode(value));
            return;
        }
    }
    let text = decode(bytes);
    let text = text.trim().trim_matches('"');
    let mut labelled = false;
    for part in text.split(';') {
        let Some((key, value)) = part.split_once(':') else { continue };
        match key.trim().to_ascii_lowercase().as_str() {
            "username" => names.claim_user(NameRank::Comment, value),
            "app filename" => names.claim_job(NameRank::Comment, value),
            "driver" | "driver name" => names.claim_driver(NameRank::Comment, value),
            _ => continue,
        }
        labelled = true;
    }
    if !labelled && text.to_ascii_lowercase().contains("driver") {
        names.claim_driver(NameRank::Comment, text);
    }
}

/// Commands other than HP's that carry names (Oki, Lexmark).
pub(super) fn command(name: &[u8], rest: &[u8], names: &mut Names) {
    match name {
        b"OKIAUXJOBINFO" => {
            for pair in pairs(rest) {
                let Some(value) = pair.value else { continue };
                let text = decode(value);
                let Some((key, value)) = text.split_once('=') else { continue };
                match key.trim().to_ascii_lowercase().as_str() {
                    "username" => names.claim_user(NameRank::Ticket, value),
                    "documentname" => names.claim_job(NameRank::Ticket, value),
                    _ => {}
                }
            }
        }
        b"OKIJOBACCOUNTJOB" | b"LJOBINFO" => {
            for pair in pairs(rest) {
                let Some(value) = pair.value else { continue };
                match pair.name.to_ascii_uppercase().as_slice() {
                    b"USERID" | b"USERNAME" | b"USER" => names.claim_user(NameRank::Ticket, &decode(value)),
                    b"JOBNAME" | b"NAME" => names.claim_job(NameRank::Ticket, &decode(value)),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// What follows a word at the start, whatever its case.
fn strip_word<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(word.len())?;
    let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
    (head.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(build: impl FnOnce(&mut Names)) -> (Option<String>, Option<String>, Option<String>) {
        let mut names = Names::default();
        build(&mut names);
        (names.user(), names.job(), names.driver())
    }

    fn found(user: &str, job: &str, driver: &str) -> (Option<String>, Option<String>, Option<String>) {
        let name = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (name(user), name(job), name(driver))
    }

    #[test]
    fn comments_hold_names() {
        for (text, wanted) in [
            (
                "\"Username: a.nowak; App Filename: Price list.docx; 5-2-2030\"",
                found("a.nowak", "Price list.docx", ""),
            ),
            ("CANPJL SET USERNAME=\"n.ito\"", found("n.ito", "", "")),
            ("OID_ATT_JOB_OWNER \"m.silva\";", found("m.silva", "", "")),
            ("DRIVER=\"HP Universal Printing PCL 6\"", found("", "", "HP Universal Printing PCL 6")),
            ("HP LaserJet 5P/5MP Driver", found("", "", "HP LaserJet 5P/5MP Driver")),
            ("** Give job a name **", found("", "", "")),
        ] {
            assert_eq!(names(|names| comment(text.as_bytes(), names)), wanted, "{text}");
        }
    }

    #[test]
    fn commands_hold_names() {
        assert_eq!(
            names(|names| {
                command(b"OKIAUXJOBINFO", b"DATA=\"UserName=o.meier\"", names);
                command(b"OKIAUXJOBINFO", b"DATA=\"DocumentName=List\"", names);
            }),
            found("o.meier", "List", "")
        );
        assert_eq!(names(|names| apply(b"JOBATTR", b"JobAcct1=x.y", names)), found("x.y", "", ""));
        assert_eq!(
            names(|names| {
                apply(b"USERID", b"1234", names);
                apply(b"HOSTLOGINNAME", b"r.berg", names);
            }),
            found("r.berg", "", "")
        );
    }
}

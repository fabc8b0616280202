//! What happens at the panel, as sentences or as JSON: one object an event, `t` in microseconds since the epoch.

use std::io::Write as _;

use serde_json::{Map, Value, json};
use service::Clock;
use wire::safecom::Status;
use wire::safecom::records::{
    Document, LoginMethod, Notice, Progress, Step, User, WalkupCountedAnswer, WalkupEndAnswer, WalkupKind,
    mark,
};

use super::work;

/// Where events go.
pub(super) struct Report {
    json: bool,
    clock: Clock,
}

impl Report {
    pub(super) fn new(json: bool, clock: Clock) -> Self {
        Self { json, clock }
    }

    /// Microseconds since the epoch.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// A card, code or logon is shown.
    pub(super) fn present(&self, method: LoginMethod) {
        let method = match method {
            LoginMethod::Card => "card",
            LoginMethod::Code => "code",
            LoginMethod::Logon => "logon",
        };
        self.say("present", None, json!({ "method": method }), None);
    }

    /// A card or code is the person's from now on.
    pub(super) fn registered(&self) {
        self.say("registered", None, json!({}), Some("Operation succeeded. Please login again".to_owned()));
    }

    pub(super) fn pin_changed(&self) {
        self.say("pin_changed", None, json!({}), Some("The PIN is changed.".to_owned()));
    }

    pub(super) fn login(&self, user: &User) {
        let name = if user.full_name.is_empty() { &user.logon } else { &user.full_name };
        let plural = if user.documents == 1 { "document waits" } else { "documents wait" };
        let facts = json!({
            "logon": user.logon, "name": user.full_name, "documents": user.documents, "print_all": user.print_all,
            "balance": user.balance.map(amount),
        });
        let mut welcome = format!("Welcome, {name}. {} {plural}.", user.documents);
        if let Some(balance) = user.balance {
            welcome.push_str(&format!(" You can spend {}.", amount(balance)));
        }
        self.say("login", None, facts, Some(welcome));
    }

    pub(super) fn document(&self, document: &Document) {
        let has = |bit| document.marks & bit != 0;
        let facts = json!({
            "id": document.id, "name": document.name, "submitted_us": document.submitted_us, "bytes": document.bytes,
            "pages": document.pages, "copies": document.copies, "color": has(mark::COLOR), "duplex": has(mark::DUPLEX),
            "retained": has(mark::RETAINED), "locked": has(mark::LOCKED), "held_again": has(mark::HELD_AGAIN),
            "reason": document.reason, "price": document.price.map(amount),
            "delegate": has(mark::DELEGATE), "group": has(mark::GROUP),
            "print_once": has(mark::PRINT_ONCE), "owner": document.owner,
            "driver": document.driver, "driver_unknown": has(mark::DRIVER_UNKNOWN),
        });
        // The guide's panels put the mark of low fidelity in front of the name.
        let doubt = if has(mark::DRIVER_UNKNOWN) { "? " } else { "" };
        let mut line = format!("{:>8}  {doubt}{}", document.id, document.name);
        if let Some(pages) = document.pages {
            line.push_str(&format!("  ({pages} pages)"));
        }
        if let Some(price) = document.price {
            line.push_str(&format!("  costs {}", amount(price)));
        }
        let marks = [
            (mark::RETAINED, "kept"),
            (mark::LOCKED, "printing elsewhere"),
            (mark::DELEGATE, "delegated"),
            (mark::GROUP, "group"),
            (mark::PRINT_ONCE, "once"),
        ];
        for (bit, word) in marks {
            if has(bit) {
                line.push_str(&format!("  [{word}]"));
            }
        }
        if let Some(reason) = &document.reason {
            line.push_str(&format!("  [held again: {reason}]"));
        }
        self.say("document", None, facts, Some(line));
    }

    pub(super) fn listed(&self, count: u64) {
        self.say("listed", None, json!({ "documents": count }), None);
    }

    pub(super) fn changed(&self, what: &'static str, changed: u32, refused: Status) {
        let facts = json!({ "documents": changed, "status": refused.code() });
        self.say(what, None, facts, Some(format!("{changed} {what}.")));
    }

    /// Print is pressed, now or when the card was shown.
    pub(super) fn tap(&self, at: Option<i64>) {
        self.say("tap", at, json!({}), None);
    }

    /// Stop is pressed.
    pub(super) fn stop(&self) {
        self.say("stop", None, json!({}), Some("Stop.".to_owned()));
    }

    pub(super) fn progress(&self, progress: &Progress) {
        let (event, line) = match progress.step {
            Step::Started => ("started", Some(format!("Document {} is on its way.", progress.document))),
            Step::Sending => ("progress", None),
            Step::Stopped => {
                ("stopped", Some(format!("Document {} waits: {}", progress.document, progress.text)))
            }
            Step::Printed => ("printed", Some(format!("Document {} is printed.", progress.document))),
            Step::Failed => (
                "failed",
                Some(format!(
                    "Document {} did not come out and is held again: {}",
                    progress.document, progress.text
                )),
            ),
        };
        let mut facts = json!({ "document": progress.document });
        if progress.step == Step::Sending {
            facts = json!({ "document": progress.document, "sent": progress.sent, "total": progress.total });
        } else if matches!(progress.step, Step::Failed | Step::Stopped) {
            facts = json!({
                "document": progress.document, "status": progress.status.code(), "text": progress.text,
            });
        }
        self.say(event, None, facts, line);
    }

    /// Copying or the like may begin.
    pub(super) fn began(&self, kind: WalkupKind, session: &str, spendable: Option<i64>) {
        let facts =
            json!({ "kind": work::word(kind), "session": session, "spendable": spendable.map(amount) });
        let line = spendable.map(|spendable| format!("You can spend {}.", amount(spendable)));
        self.say("began", None, facts, line);
    }

    /// So many pages are made.
    pub(super) fn counted(&self, pages: u32, answer: &WalkupCountedAnswer) {
        let facts = json!({
            "pages": pages, "price": answer.price.map(amount), "left": answer.left.map(amount),
            "go_on": answer.go_on,
        });
        self.say("counted", None, facts, None);
    }

    /// It is over.
    pub(super) fn made(&self, kind: WalkupKind, sum: &WalkupEndAnswer, why: Option<&str>) {
        let kind = work::word(kind);
        let facts = json!({
            "kind": kind, "pages": sum.pages, "price": sum.price.map(amount), "completed": why.is_none(),
        });
        let mut line = format!("{} pages ({kind}).", sum.pages);
        if let Some(price) = sum.price {
            line.push_str(&format!(" They cost {}.", amount(price)));
        }
        self.say("made", None, facts, Some(line));
    }

    pub(super) fn notice(&self, notice: &Notice) {
        let facts = json!({ "status": notice.status.code(), "text": notice.text });
        self.say("notice", None, facts, Some(notice.text.clone()));
    }

    pub(super) fn refused(&self, status: Status, text: &str) {
        // People read it on standard error, where the program's end says it.
        self.say("refused", None, json!({ "status": status.code(), "text": text }), None);
    }

    pub(super) fn logout(&self, printed: u32, failed: u32) {
        self.say(
            "logout",
            None,
            json!({ "printed": printed, "failed": failed }),
            Some("Goodbye.".to_owned()),
        );
    }

    fn say(&self, event: &str, at: Option<i64>, facts: Value, line: Option<String>) {
        let text = if self.json {
            let mut object = Map::new();
            object.insert("t".to_owned(), json!(at.unwrap_or_else(|| self.now())));
            object.insert("event".to_owned(), json!(event));
            if let Value::Object(facts) = facts {
                object.extend(facts);
            }
            Value::Object(object).to_string()
        } else if let Some(line) = line {
            line
        } else {
            return;
        };
        // Somebody who has closed the stream does not want to know.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}

/// An amount in ten-thousandths as people read it, exact: at least two decimals, at most four.
fn amount(amount: i64) -> String {
    let (units, rest) = (amount.unsigned_abs() / 10_000, amount.unsigned_abs() % 10_000);
    let decimals = format!("{rest:04}");
    let kept = decimals.trim_end_matches('0').len().max(2);
    format!("{}{units}.{}", if amount < 0 { "-" } else { "" }, &decimals[..kept])
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_are_shown_exactly() {
        for (number, text) in
            [(18_500, "1.85"), (0, "0.00"), (-35_000, "-3.50"), (125, "0.0125"), (-1, "-0.0001")]
        {
            assert_eq!(amount(number), text);
        }
    }
}

//! What is asked of the money server (7400) and the tracking server (7900), as `docs/PROTOCOL.md` has it in tables.
//!
//! Amounts are ten-thousandths of the currency unit; instants are microseconds since the epoch, UTC, 0 for none.

use super::field::{Blob, Secret, choice, record};

record! {
    /// Asks for people's accounts: of one person, or of those that a text or a card finds. Exactly one field is there.
    Accounts {
        /// Logon, with its domain.
        1 holder: Option<String>,
        /// A part of logon, name or e-mail address.
        2 text: Option<String>,
        /// The whole number of a card or ID code.
        3 card: Option<Secret>,
    }
}

record! {
    /// The accounts that were asked for. Who has none yet is there with nothing on them.
    AccountsAnswer {
        /// At most [`ACCOUNTS_PER_ANSWER_MAX`](super::limits::ACCOUNTS_PER_ANSWER_MAX).
        3 accounts: Vec<Account>,
    }
}

record! {
    /// What a person has to pay with.
    Account {
        /// Logon, with its domain.
        1 holder: String,
        /// On account 1: money.
        2 balance_one: i64,
        /// On account 2: quota.
        3 balance_two: i64,
        /// Of that, reserved.
        4 reserved_one: i64,
        /// Of that, reserved.
        5 reserved_two: i64,
        /// What must stay.
        6 low_limit: i64,
        /// When the accounts were opened; 0 when they are not.
        7 opened_us: i64,
    }
}

choice! {
    /// What a movement is.
    MoveKind {
        /// The accounts are opened.
        1 Open,
        /// Money or quota is put in.
        2 Deposit,
        /// Money or quota is taken out.
        3 Withdraw,
        /// A balance is set.
        4 Set,
        /// The low limit is set.
        5 LowLimit,
        /// A print.
        6 Print,
        /// A copy.
        7 Copy,
        /// Reservations are given free; the amount is what may stay reserved.
        8 Free,
    }
}

choice! {
    /// Where a movement is.
    MoveState {
        /// Reserved, not ended.
        1 Pending,
        /// Done.
        2 Posted,
        /// Ended without a charge.
        3 Voided,
        /// Ended by time.
        4 Expired,
    }
}

record! {
    /// Moves money or quota of one person; done once however often it is asked with the same id.
    Move {
        /// Made by the program before it asks the first time: 1 to 64 printable ASCII characters.
        1 id: String,
        /// Logon, with its domain.
        2 holder: String,
        /// Deposit, withdraw, set, low limit or free.
        3 kind: MoveKind,
        /// 1 or 2; 0 for low limit and free.
        4 account: u8,
        /// How much.
        5 amount: i64,
        /// Id of a group of movements; may be empty.
        6 gid: String,
        /// Free text; may be empty.
        7 comment: String,
    }
}

record! {
    /// The account after a movement.
    MoveAnswer {
        /// As it stands.
        3 account: Account,
    }
}

record! {
    /// Asks for movements: of one person, newest first, or what went in and out by hand, oldest first.
    Movements {
        /// Logon, with its domain; absent for the cash flow of everybody.
        1 holder: Option<String>,
        /// At most so many of a person; 0 for all.
        2 limit: u32,
        /// Cash flow: first instant; 0 for open.
        3 from_us: i64,
        /// Cash flow: the instant after the period; 0 for open.
        4 to_us: i64,
        /// Cash flow: 1 or 2; 0 for both.
        5 account: u8,
        /// Cash flow: of this author only; may be empty.
        6 author: String,
        /// Cash flow: of whoever asks only.
        7 personal: bool,
    }
}

record! {
    /// One page of movements.
    MovementsAnswer {
        /// The movements.
        3 movements: Vec<Movement>,
    }
}

record! {
    /// One movement.
    Movement {
        /// Its id.
        1 id: String,
        /// Whose.
        2 holder: String,
        /// What.
        3 kind: MoveKind,
        /// Where it is.
        4 state: MoveState,
        /// 1 or 2; 0 for both or none.
        5 account: u8,
        /// What was asked.
        6 asked: i64,
        /// What moved on account 1, seen from the person, or is reserved there.
        7 split_one: i64,
        /// What moved on account 2, seen from the person, or is reserved there.
        8 split_two: i64,
        /// Who did it.
        9 author: String,
        /// Id of a group of movements.
        10 gid: String,
        /// Comment, or title of the document.
        11 comment: String,
        /// When it was made.
        12 created_us: i64,
        /// When it ended.
        13 ended_us: i64,
        /// When it ends by itself.
        14 expires_us: i64,
    }
}

impl Movement {
    /// Upper bound of its bytes on the wire.
    pub(super) fn size_max(&self) -> usize {
        let texts = [&self.id, &self.holder, &self.author, &self.gid, &self.comment];
        200 + texts.iter().map(|text| text.len()).sum::<usize>()
    }
}

record! {
    /// What is in the system.
    TotalsAnswer {
        /// People with accounts.
        3 accounts: u64,
        /// On account 1 of everybody.
        4 balance_one: i64,
        /// On account 2 of everybody.
        5 balance_two: i64,
        /// Of that, reserved.
        6 reserved_one: i64,
        /// Of that, reserved.
        7 reserved_two: i64,
    }
}

record! {
    /// Asks for tracking records of a period, oldest first.
    Records {
        /// First instant; 0 for open.
        1 from_us: i64,
        /// The instant after the period; 0 for open.
        2 to_us: i64,
        /// Only of this person; may be empty.
        3 user: String,
        /// Only what arrived after this one; 0 for all.
        4 after_sequence: u64,
        /// At most so many; 0 for as many as one answer takes.
        5 limit: u32,
    }
}

record! {
    /// One page of records.
    RecordsAnswer {
        /// The records.
        3 records: Vec<TrackingRecord>,
    }
}

record! {
    /// Who printed what, where, when, at which price.
    TrackingRecord {
        /// Order of arrival at this server; 0 in a report.
        1 sequence: u64,
        /// Id of the record, the same at every server: a record that is reported again is stored once.
        2 tracking_id: String,
        /// The message `Record` of `proto/trackingserver.proto`, at most
        /// [`RECORD_BYTES_MAX`](super::limits::RECORD_BYTES_MAX) bytes.
        3 record: Blob,
    }
}

record! {
    /// Reports what another system printed, or another tracking server knows.
    Report {
        /// The record.
        1 record: TrackingRecord,
    }
}

impl TrackingRecord {
    /// Upper bound of its bytes on the wire.
    pub(super) fn size_max(&self) -> usize {
        100 + self.tracking_id.len() + self.record.0.len()
    }
}

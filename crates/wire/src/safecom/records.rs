//! What the bodies of requests, answers and notices hold. `docs/PROTOCOL.md` has the same tables.
//!
//! Tag 1 and 2 of every answer are its status and a sentence; the records here start at 3 for answers
//! and at 1 for requests. Tags that later versions will need are listed in the document as reserved.

use super::field::{Ids, Secret, choice, record};
use super::limits::TEXT_BYTES_MAX;
use super::status::Status;

choice! {
    /// What the connecting side is.
    Role {
        /// A multifunction device, its panel, or a card reader controller in front of one (port 7500).
        1 Device,
        /// A person's program (port 7700).
        2 Client,
    }
}

record! {
    /// The first frame of a connection.
    Hello {
        /// Lowest protocol version the connecting side speaks.
        1 version_min: u8,
        /// Highest protocol version the connecting side speaks.
        2 version_max: u8,
        /// What it is.
        3 role: Role,
        /// Name of the device as the administrator registered it, or of the client's computer.
        4 name: String,
        /// Product and version, for the log and the device list.
        5 product: String,
        /// 32 random bytes, new for every connection.
        6 nonce: [u8; 32],
        /// Hardware address of a device; absent when unknown.
        7 mac: Option<String>,
        /// Whether documents may be handed over on this connection. A panel beside the printer says no.
        8 prints: bool,
    }
}

record! {
    /// What the server says to a hello.
    HelloAnswer {
        /// The version that both sides speak from now on.
        3 version: u8,
        /// The server.
        4 server: ServerInfo,
        /// 32 random bytes, new for every connection.
        5 nonce: [u8; 32],
    }
}

record! {
    /// Who the server is; nothing in it is secret, it is told to everybody who says hello.
    ServerInfo {
        /// Computer name.
        1 name: String,
        /// Product and version.
        2 product: String,
        /// Server group; empty when it has none.
        3 group: String,
        /// The server's clock, microseconds since the epoch, UTC.
        4 time_us: i64,
        /// Names of optional parts of the protocol that this server offers.
        5 features: Vec<String>,
        /// Queues that a program may send to; told to people who are logged in on 7700.
        6 queues: Vec<String>,
    }
}

record! {
    /// The answer to a question for the server.
    ServerInfoAnswer {
        /// The server.
        3 server: ServerInfo,
    }
}

record! {
    /// A device proves that it holds its secret, without sending it; see [`auth`](super::auth).
    Authenticate {
        /// HMAC-SHA-256 over the transcript.
        1 proof: [u8; 32],
    }
}

record! {
    /// The server proves that it knows the device's secret too.
    AuthenticateAnswer {
        /// HMAC-SHA-256 over the transcript, with the server's label.
        3 proof: [u8; 32],
        /// How people may log in here: card, code, logon.
        4 login_methods: Vec<LoginMethod>,
    }
}

choice! {
    /// How a person says who they are.
    LoginMethod {
        /// The number on a card.
        1 Card,
        /// A code typed at the panel; case matters.
        2 Code,
        /// Logon and password.
        3 Logon,
    }
}

record! {
    /// A person at the panel, or a program on their behalf.
    Login {
        /// How.
        1 method: LoginMethod,
        /// Card number, code, or logon (`DOMAIN\logon` names the domain).
        2 id: Secret,
        /// PIN (card, code) or password (logon); absent when the person has not been asked yet.
        3 secret: Option<Secret>,
    }
}

choice! {
    /// How a login went on.
    LoginStep {
        /// The person is logged in; the user field is there.
        1 LoggedIn,
        /// The person has a PIN: ask for it and send the login again with it.
        2 PinWanted,
        /// What was printed at login has ended; the last answer after a login that said it would print all.
        3 PrintedAll,
    }
}

record! {
    /// The answer to a login that was not refused.
    LoginAnswer {
        /// Logged in, PIN wanted, or all printed.
        3 step: LoginStep,
        /// Who it is; only with the step that says logged in.
        4 user: Option<User>,
        /// Documents that came out; only with the step that says all is printed.
        5 printed: Option<u32>,
        /// Documents that did not, and are held again; as above.
        6 failed: Option<u32>,
    }
}

record! {
    /// What a panel shows of the person and lets them do.
    User {
        /// Logon.
        1 logon: String,
        /// Name for people.
        2 full_name: String,
        /// Bits of [`right`].
        3 rights: u32,
        /// Documents waiting when they logged in.
        4 documents: u32,
        /// The server prints all of them now; progress and a further answer follow under the login's id.
        5 print_all: bool,
        /// Domain; absent when there is none.
        6 domain: Option<String>,
        /// Disposable amount in ten-thousandths of the currency unit; absent when the person does not pay.
        7 balance: Option<i64>,
    }
}

/// Bits of [`User::rights`].
pub mod right {
    /// May print their documents here.
    pub const PRINT: u32 = 1 << 0;
    /// May print all at once.
    pub const PRINT_ALL: u32 = 1 << 1;
    /// May force monochrome, duplex or less toner at the panel.
    pub const CHANGE_SETTINGS: u32 = 1 << 2;
    /// May copy.
    pub const COPY: u32 = 1 << 3;
    /// May copy in colour.
    pub const COPY_COLOR: u32 = 1 << 4;
    /// May scan to e-mail.
    pub const EMAIL: u32 = 1 << 5;
    /// May scan.
    pub const SCAN: u32 = 1 << 6;
    /// May fax.
    pub const FAX: u32 = 1 << 7;
    /// May print from USB.
    pub const USB: u32 = 1 << 8;
}

record! {
    /// Asks for the person's documents, oldest first.
    Documents {
        /// Only documents with an id above this; 0 for all.
        1 after_id: u64,
        /// Documents wanted at most; 0 for all.
        2 limit: u32,
    }
}

record! {
    /// One page of documents; more pages follow until a frame is the last.
    DocumentsAnswer {
        /// At most [`DOCUMENTS_PER_PAGE_MAX`](super::limits::DOCUMENTS_PER_PAGE_MAX).
        3 documents: Vec<Document>,
    }
}

record! {
    /// One held document as a panel shows it.
    Document {
        /// Its id.
        1 id: u64,
        /// Title.
        2 name: String,
        /// When it was accepted, microseconds since the epoch, UTC.
        3 submitted_us: i64,
        /// Size as stored.
        4 bytes: u64,
        /// Bits of [`mark`].
        5 marks: u32,
        /// Copies that printing it makes.
        6 copies: u16,
        /// Impressions of one copy; absent while unknown.
        7 pages: Option<u32>,
        /// Impressions in colour of one copy; absent while unknown.
        8 color_pages: Option<u32>,
        /// Why it was held again, one sentence.
        9 reason: Option<String>,
        /// Owner's name when it is not the person's own.
        10 owner: Option<String>,
        /// Price in ten-thousandths of the currency unit.
        11 price: Option<i64>,
        /// Printer driver it was made with; absent while unknown, or without one.
        12 driver: Option<String>,
    }
}

impl Document {
    /// Bytes that it takes in a page at most.
    pub(super) fn size_max(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len().min(TEXT_BYTES_MAX));
        128 + self.name.len().min(TEXT_BYTES_MAX)
            + text(&self.reason)
            + text(&self.owner)
            + text(&self.driver)
    }
}

/// Bits of [`Document::marks`].
pub mod mark {
    /// Stays after printing.
    pub const RETAINED: u32 = 1 << 0;
    /// Being printed elsewhere.
    pub const LOCKED: u32 = 1 << 1;
    /// Has colour.
    pub const COLOR: u32 = 1 << 2;
    /// Prints on both sides.
    pub const DUPLEX: u32 = 1 << 3;
    /// Was printed before and held again; the reason says why.
    pub const HELD_AGAIN: u32 = 1 << 4;
    /// Belongs to somebody the person may collect for.
    pub const DELEGATE: u32 = 1 << 5;
    /// Was sent to a group of the person.
    pub const GROUP: u32 = 1 << 6;
    /// May be printed once only.
    pub const PRINT_ONCE: u32 = 1 << 7;
    /// The printer driver is not known to suit the device (shown as a question mark).
    pub const DRIVER_UNKNOWN: u32 = 1 << 8;
}

record! {
    /// Prints documents at this device.
    Print {
        /// Which, in this order; empty for all, oldest first.
        1 documents: Ids,
        /// Copies of each instead of those asked for at submission; absent to keep them.
        2 copies: Option<u16>,
        /// Print without colour.
        3 mono: bool,
        /// Print on both sides.
        4 duplex: bool,
        /// Print with less toner; absent for no.
        5 toner_save: Option<bool>,
    }
}

choice! {
    /// Where a document is on its way.
    Step {
        /// Taken for this device; nothing sent yet.
        1 Started,
        /// Bytes are on their way.
        2 Sending,
        /// The device has it all and reported success.
        3 Printed,
        /// It did not come out; it is held again with the reason.
        4 Failed,
        /// The device waits for somebody: paper, toner, a jam.
        5 Stopped,
    }
}

record! {
    /// How one document of a print request, or of printing all at login, goes on.
    Progress {
        /// The document.
        1 document: u64,
        /// Where it is.
        2 step: Step,
        /// Bytes sent so far.
        3 sent: u64,
        /// Bytes in all; absent when not known before the end.
        4 total: Option<u64>,
        /// Why it failed.
        5 status: Status,
        /// Why it failed, one sentence; empty otherwise.
        6 text: String,
    }
}

record! {
    /// The end of a print request.
    PrintAnswer {
        /// Documents that came out.
        3 printed: u32,
        /// Documents that did not, and are held again.
        4 failed: u32,
    }
}

record! {
    /// Stops a print request of this session.
    Cancel {
        /// Id of the print request.
        1 request: u32,
    }
}

record! {
    /// Keeps documents after printing, or no longer.
    Retain {
        /// Which.
        1 documents: Ids,
        /// Keep or not.
        2 retain: bool,
    }
}

record! {
    /// Deletes documents.
    Delete {
        /// Which.
        1 documents: Ids,
    }
}

record! {
    /// Registers a card or code with a PUK, while nobody is logged in; the person logs in again afterwards. With a
    /// card that is the person's already it changes the PIN. The panel asks for the PUK when a login with the card
    /// was refused with status 56, and again when this is refused with 50.
    Register {
        /// Card or code.
        1 method: LoginMethod,
        /// Card number or code.
        2 id: Secret,
        /// Eight digits.
        3 puk: Secret,
        /// The new PIN; absent when none was typed.
        4 pin: Option<Secret>,
        /// The new PIN, typed again.
        5 pin_again: Option<Secret>,
    }
}

record! {
    /// Registers a card or code with the person's logon and password instead of a PUK, where the server's features name
    /// [`REGISTER_BY_LOGIN`]; the person logs in again afterwards.
    RegisterByLogin {
        /// Card or code.
        1 method: LoginMethod,
        /// Card number or code.
        2 id: Secret,
        /// Logon (`DOMAIN\logon` or `logon@domain` names the domain).
        3 logon: String,
        /// The person's password.
        4 password: Secret,
        /// The new PIN; absent when none was typed.
        5 pin: Option<Secret>,
        /// The new PIN, typed again.
        6 pin_again: Option<Secret>,
    }
}

/// Name of the [feature](ServerInfo::features) that [`RegisterByLogin`] is.
pub const REGISTER_BY_LOGIN: &str = "register-by-login";

record! {
    /// Changes the PIN of the person who is logged in.
    PinChange {
        /// The PIN as it is; absent when the person has none, or has not been asked yet.
        1 old: Option<Secret>,
        /// The new PIN.
        2 pin: Secret,
        /// The new PIN, typed again.
        3 pin_again: Secret,
    }
}

record! {
    /// How many of the named documents were changed.
    ChangedAnswer {
        /// Documents changed.
        3 changed: u32,
        /// Why the first of the others was not; [`Status::Done`] when all were.
        4 refused: Status,
    }
}

choice! {
    /// A person's side of a delegation.
    DelegateSide {
        /// Whose documents they are.
        1 Submitter,
        /// Who collects them.
        2 Collector,
    }
}

choice! {
    /// What a person does about a delegation with another.
    DelegateAction {
        /// Ask the other person for it.
        1 Ask,
        /// Accept what the other person asked for.
        2 Accept,
        /// Reject what the other person asked for.
        3 Reject,
        /// End it, or take the own request back.
        4 End,
    }
}

record! {
    /// A person asks another for a delegation, answers, or ends one.
    Delegate {
        /// What is to be done.
        1 action: DelegateAction,
        /// Logon of the other person (`DOMAIN\logon` names the domain).
        2 person: String,
        /// On which side the person who asks stands.
        3 side: DelegateSide,
        /// For all documents; only with the action that asks.
        4 always: bool,
        /// When it ends, microseconds since the epoch, UTC; absent when it does not; only with the action that asks.
        5 ends_us: Option<i64>,
    }
}

choice! {
    /// How far a delegation is agreed on.
    DelegateState {
        /// By both.
        1 Accepted,
        /// The person asked; the other has to answer.
        2 AwaitsOther,
        /// The other asked; the person has to answer.
        3 AwaitsPerson,
    }
}

record! {
    /// One delegation of the person.
    Delegation {
        /// Logon of the other person (`DOMAIN\logon` where there is a domain).
        1 person: String,
        /// Name of the other person; empty when none is known.
        2 full_name: String,
        /// On which side the person who asks stands.
        3 side: DelegateSide,
        /// For all documents.
        4 always: bool,
        /// When it ends, microseconds since the epoch, UTC; absent when it does not.
        5 ends_us: Option<i64>,
        /// How far it is agreed on.
        6 state: DelegateState,
    }
}

record! {
    /// The person's delegations, of both sides; there are few.
    DelegationsAnswer {
        /// At most twenty.
        3 delegations: Vec<Delegation>,
    }
}

record! {
    /// The server hands a document to the device; its bytes follow as data of the same request id.
    Release {
        /// Document id.
        1 document: u64,
        /// Title.
        2 name: String,
        /// Owner's logon, for the device's own log.
        3 owner: String,
        /// MIME type; application/octet-stream when unknown.
        4 format: String,
        /// Bytes that will follow; absent when not known before the end.
        5 bytes: Option<u64>,
        /// Copies that the device makes; 1 when they are in the data.
        6 copies: u16,
        /// The device prints without colour.
        7 mono: bool,
        /// The device prints on both sides.
        8 duplex: bool,
    }
}

record! {
    /// What became of a released document; sent once, as the last answer.
    ReleaseAnswer {
        /// True when every page came out.
        3 printed: bool,
        /// Bytes taken before the end.
        4 bytes: u64,
        /// Page sides that came out; absent when the device does not count.
        5 impressions: Option<u32>,
        /// What the person should know when it did not come out, one sentence.
        6 reason: Option<String>,
        /// Of these, page sides in colour; absent when the device does not tell them apart.
        7 color_impressions: Option<u32>,
        /// Sheets that came out; absent when the device does not count them.
        8 sheets: Option<u32>,
        /// Toner used; absent when the device does not measure it.
        9 toner: Option<Toner>,
    }
}

record! {
    /// Toner coverage of what came out, in hundredths of a percent: 250 is 2.5 %, 10000 all of the page.
    Toner {
        /// Cyan.
        1 cyan: u16,
        /// Magenta.
        2 magenta: u16,
        /// Yellow.
        3 yellow: u16,
        /// Black.
        4 black: u16,
    }
}

choice! {
    /// What somebody does at a device without a document of the server.
    WalkupKind {
        /// Copies.
        1 Copy,
        /// Sends a fax.
        2 Fax,
        /// Scans to a folder.
        3 Scan,
        /// Scans and sends by e-mail.
        4 Email,
    }
}

record! {
    /// The person who is logged in begins to copy, fax, scan or e-mail.
    WalkupBegin {
        /// Made by the device, unique among its own, 1-64 characters; every later message of this work names it.
        1 session: String,
        /// What it is.
        2 kind: WalkupKind,
        /// Whether colour is chosen or left to the device.
        3 color: bool,
        /// Title; of a copy there is none.
        4 name: Option<String>,
        /// Phone number of a fax, folder of a scan, address of an e-mail, when it is known already.
        5 destination: Option<String>,
    }
}

record! {
    /// The device may go ahead.
    WalkupBeginAnswer {
        /// What can be spent for it, in ten-thousandths of the currency unit; absent when the person does not pay.
        3 spendable: Option<i64>,
    }
}

record! {
    /// What came out on one paper, or was read from it, since the work began.
    WalkupPart {
        /// PWG media name; empty when the device does not know: priced as A4.
        1 media: String,
        /// Sheets of paper printed; 0 for what is only read.
        2 sheets: u32,
        /// Page sides without colour.
        3 mono: u32,
        /// Page sides with colour.
        4 color: u32,
    }
}

record! {
    /// How far the work has come. Sent after every page or few pages, because it is what holds if the device falls silent.
    WalkupCounted {
        /// The session of the beginning.
        1 session: String,
        /// Counts since the beginning, one part for each paper; they never become less.
        2 parts: Vec<WalkupPart>,
    }
}

record! {
    /// The counts are stored.
    WalkupCountedAnswer {
        /// What it costs so far; absent when the person does not pay.
        3 price: Option<i64>,
        /// What can still be spent; absent when the person does not pay.
        4 left: Option<i64>,
        /// Whether what is left pays for one more page of the dearest paper used so far, in colour where colour was chosen.
        /// The device stops when it does not.
        5 go_on: bool,
    }
}

record! {
    /// The work is over. Sent again after a broken connection, it is answered alike and counted once.
    WalkupEnd {
        /// The session of the beginning.
        1 session: String,
        /// Counts since the beginning.
        2 parts: Vec<WalkupPart>,
        /// False when it was broken off: a jam, Stop, no paper.
        3 completed: bool,
        /// Bytes of what was scanned or sent; 0 for copies.
        4 bytes: u64,
        /// Whether both sides were printed or read.
        5 duplex: bool,
        /// As at the beginning, when it is known now.
        6 destination: Option<String>,
        /// Title, when it is known now.
        7 name: Option<String>,
        /// Why it was broken off, one sentence.
        8 reason: Option<String>,
        /// Toner used; absent when the device does not measure it.
        9 toner: Option<Toner>,
    }
}

record! {
    /// What the work came to.
    WalkupEndAnswer {
        /// Page sides that were tracked.
        3 pages: u32,
        /// What was charged; absent when the person does not pay.
        4 price: Option<i64>,
    }
}

record! {
    /// A document is sent to a queue; its bytes follow as data of the same request id.
    Submit {
        /// Made by the client, unique per document, 1-64 characters; sent again after a broken connection,
        /// it leads to the same document.
        1 submission: String,
        /// Queue name.
        2 queue: String,
        /// Title.
        3 name: String,
        /// MIME type; application/octet-stream when unknown.
        4 format: String,
        /// Copies; absent when not asked for.
        5 copies: Option<u16>,
        /// RFC 8011 `sides` keyword; absent when not asked for.
        6 sides: Option<String>,
        /// PWG `print-color-mode` keyword; absent when not asked for.
        7 color_mode: Option<String>,
        /// PWG media name; absent when not asked for.
        8 media: Option<String>,
        /// Bytes that will follow, when known.
        9 bytes: Option<u64>,
    }
}

record! {
    /// The document is on disk and in the store: it will not be lost.
    SubmitAnswer {
        /// Its id.
        3 document: u64,
        /// Bytes stored.
        4 bytes: u64,
    }
}

record! {
    /// A status with a sentence and nothing else.
    Refusal {
        /// What became of the request.
        1 status: Status,
        /// One sentence for people; empty when the status says it all.
        2 text: String,
    }
}

choice! {
    /// What a notice is about.
    NoticeKind {
        /// The device shows "out of order": it cannot serve people now.
        1 OutOfOrder,
        /// The device works again.
        2 InOrder,
        /// The session goes on at the server named in the notice.
        3 Redirect,
        /// The server restarts; connect again after a moment.
        4 Restart,
        /// The person was logged out by the server (idle for too long, locked, deleted).
        5 LoggedOut,
        /// Text for the panel.
        6 Message,
    }
}

record! {
    /// Something the other side should know, without an answer.
    Notice {
        /// About what.
        1 kind: NoticeKind,
        /// Status code.
        2 status: Status,
        /// One sentence for people.
        3 text: String,
        /// `HOST:PORT` to go on at, with a redirect.
        4 server: Option<String>,
    }
}

record! {
    /// The last words before a connection is closed because of a fault.
    Failure {
        /// Who is at fault: 1 malformed, 2 violation, 3 unsupported, 4 too large, 5 too slow.
        1 fault: u8,
        /// Status code.
        2 status: Status,
        /// One sentence.
        3 text: String,
    }
}

record! {
    /// The sender of a data stream gives up; what was sent is void.
    Abort {
        /// Why.
        1 status: Status,
        /// One sentence.
        2 text: String,
    }
}

record! {
    /// The receiver of a data stream lets the sender send more.
    Credit {
        /// Further bytes.
        1 bytes: u32,
    }
}

record! {
    /// The sender closes the connection in an orderly way.
    Goodbye {
        /// Why; [`Status::Done`] when there is no reason.
        1 status: Status,
    }
}

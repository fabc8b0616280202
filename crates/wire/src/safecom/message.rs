//! Messages: what a frame says once its body is understood.

use bytes::{BufMut, Bytes, BytesMut};

use super::books::{
    Accounts, AccountsAnswer, Move, MoveAnswer, Movement, Movements, MovementsAnswer, Records, RecordsAnswer,
    Report, TotalsAnswer, TrackingRecord,
};
use super::fault::Fault;
use super::field::Scalar;
use super::header::{FLAG_ANSWER, FLAG_LAST, Frame, HEADER_BYTES, Header, VERSION};
use super::limits::BODY_BYTES_MAX;
use super::records::{
    Abort, Authenticate, AuthenticateAnswer, Cancel, ChangedAnswer, Credit, Delegate, DelegationsAnswer,
    Delete, Documents, DocumentsAnswer, Failure, Goodbye, Hello, HelloAnswer, Login, LoginAnswer, Notice,
    PinChange, Print, PrintAnswer, Progress, Refusal, Register, RegisterByLogin, Release, ReleaseAnswer,
    Retain, ServerInfo, ServerInfoAnswer, Submit, SubmitAnswer, WalkupBegin, WalkupBeginAnswer,
    WalkupCounted, WalkupCountedAnswer, WalkupEnd, WalkupEndAnswer,
};
use super::status::Status;

macro_rules! types {
    ($($(#[$doc:meta])* $code:literal $name:ident,)*) => {
        /// Message types. Numbers not listed are reserved; `docs/PROTOCOL.md` says for what.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Type {
            $($(#[$doc])* $name,)*
        }

        impl Type {
            /// Every type in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number on the wire.
            #[must_use]
            pub fn code(self) -> u16 {
                match self { $(Self::$name => $code,)* }
            }

            /// The type with this number, or none.
            #[must_use]
            pub fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

types! {
    /// Version negotiation and who is speaking.
    0x0001 Hello,
    /// A device proves itself.
    0x0002 Authenticate,
    /// Nothing to say, still there.
    0x0003 KeepAlive,
    /// Orderly end.
    0x0004 Goodbye,
    /// Out of order, redirect, restart.
    0x0005 Notice,
    /// The connection ends because of a fault.
    0x0006 Failure,
    /// Asks who the server is.
    0x0007 ServerInfo,
    /// Document data; the body is the bytes themselves.
    0x0010 Data,
    /// Lets the sender of data go on.
    0x0011 Credit,
    /// The sender of data gives up.
    0x0012 Abort,
    /// A person logs in.
    0x0101 Login,
    /// The person logs out.
    0x0102 Logout,
    /// Lists the person's documents.
    0x0103 Documents,
    /// Prints documents at the device.
    0x0104 Print,
    /// How a print request goes on.
    0x0105 Progress,
    /// Stops a print request.
    0x0106 Cancel,
    /// Keeps documents after printing.
    0x0107 Retain,
    /// Deletes documents.
    0x0108 Delete,
    /// Registers a card or code with a PUK.
    0x0109 Register,
    /// Changes the person's PIN.
    0x010A PinChange,
    /// Registers a card or code with logon and password.
    0x010B RegisterByLogin,
    /// Lists the person's delegations.
    0x010C Delegations,
    /// Asks for, answers or ends a delegation.
    0x010D Delegate,
    /// Copying, faxing, scanning or e-mailing begins.
    0x0110 WalkupBegin,
    /// How far it has come.
    0x0111 WalkupCounted,
    /// It is over.
    0x0112 WalkupEnd,
    /// The server hands a document to the device.
    0x0181 Release,
    /// A program sends a document to a queue.
    0x0201 Submit,
    /// People's accounts.
    0x0301 Accounts,
    /// What was moved.
    0x0302 Movements,
    /// Moves money or quota.
    0x0303 Move,
    /// What is in the system.
    0x0304 Totals,
    /// Tracking records.
    0x0401 Records,
    /// A tracking record of another system.
    0x0402 Report,
}

/// What one side asks of the other; exactly one last answer follows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// First frame of a connection.
    Hello(Hello),
    /// Proof of a device.
    Authenticate(Authenticate),
    /// Still there?
    KeepAlive,
    /// Who is the server?
    ServerInfo,
    /// A person logs in.
    Login(Login),
    /// The person logs out.
    Logout,
    /// Their documents.
    Documents(Documents),
    /// Print some.
    Print(Print),
    /// Stop printing.
    Cancel(Cancel),
    /// Keep some after printing.
    Retain(Retain),
    /// Delete some.
    Delete(Delete),
    /// Register a card or code.
    Register(Register),
    /// Change the PIN.
    PinChange(PinChange),
    /// Register a card or code with logon and password.
    RegisterByLogin(RegisterByLogin),
    /// The person's delegations.
    Delegations,
    /// Ask for, answer or end a delegation.
    Delegate(Delegate),
    /// The person begins to copy, fax, scan or e-mail.
    WalkupBegin(WalkupBegin),
    /// How far that has come.
    WalkupCounted(WalkupCounted),
    /// It is over.
    WalkupEnd(WalkupEnd),
    /// Server to device: take this document.
    Release(Release),
    /// Client to server: take this document.
    Submit(Submit),
    /// Whose accounts, or what to look for.
    Accounts(Accounts),
    /// Which movements.
    Movements(Movements),
    /// Move money or quota.
    Move(Move),
    /// What is in the system.
    Totals,
    /// Which tracking records.
    Records(Records),
    /// Take this tracking record.
    Report(Report),
}

/// What the other side answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Not done; why.
    Refused(Refusal),
    /// Done, nothing more to say: keep-alive, logout, cancel.
    Done,
    /// To a hello.
    Hello(HelloAnswer),
    /// To a proof.
    Authenticate(AuthenticateAnswer),
    /// To a question for the server.
    ServerInfo(ServerInfo),
    /// To a login.
    Login(LoginAnswer),
    /// One page.
    Documents(DocumentsAnswer),
    /// The end of a print request.
    Print(PrintAnswer),
    /// To retain and delete.
    Changed(ChangedAnswer),
    /// The person's delegations.
    Delegations(DelegationsAnswer),
    /// The end of a release.
    Release(ReleaseAnswer),
    /// The end of a submission.
    Submit(SubmitAnswer),
    /// To the beginning of a copy, fax, scan or e-mail.
    WalkupBegin(WalkupBeginAnswer),
    /// To its counts.
    WalkupCounted(WalkupCountedAnswer),
    /// To its end.
    WalkupEnd(WalkupEndAnswer),
    /// Accounts.
    Accounts(AccountsAnswer),
    /// One page of movements.
    Movements(MovementsAnswer),
    /// The account after a movement.
    Move(MoveAnswer),
    /// What is in the system.
    Totals(TotalsAnswer),
    /// One page of tracking records.
    Records(RecordsAnswer),
}

/// What a frame says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// An answer to a request of this type; `last` when no more follow.
    Answer {
        /// What was asked.
        to: Type,
        /// What is answered.
        answer: Answer,
        /// Whether the request is over with this.
        last: bool,
    },
    /// News of a print request.
    Progress(Progress),
    /// Document data; `last` when the document ends with it.
    Data {
        /// The bytes, possibly none in the last frame.
        bytes: Bytes,
        /// Whether the document ends here.
        last: bool,
    },
    /// Leave to send more.
    Credit(Credit),
    /// The stream is void.
    Abort(Abort),
    /// Unasked news.
    Notice(Notice),
    /// Last words after a fault.
    Failure(Failure),
    /// Orderly end.
    Goodbye(Goodbye),
}

impl Request {
    /// The type of this request.
    #[must_use]
    pub fn kind(&self) -> Type {
        match self {
            Self::Hello(_) => Type::Hello,
            Self::Authenticate(_) => Type::Authenticate,
            Self::KeepAlive => Type::KeepAlive,
            Self::ServerInfo => Type::ServerInfo,
            Self::Login(_) => Type::Login,
            Self::Logout => Type::Logout,
            Self::Documents(_) => Type::Documents,
            Self::Print(_) => Type::Print,
            Self::Cancel(_) => Type::Cancel,
            Self::Retain(_) => Type::Retain,
            Self::Delete(_) => Type::Delete,
            Self::Register(_) => Type::Register,
            Self::PinChange(_) => Type::PinChange,
            Self::RegisterByLogin(_) => Type::RegisterByLogin,
            Self::Delegations => Type::Delegations,
            Self::Delegate(_) => Type::Delegate,
            Self::WalkupBegin(_) => Type::WalkupBegin,
            Self::WalkupCounted(_) => Type::WalkupCounted,
            Self::WalkupEnd(_) => Type::WalkupEnd,
            Self::Release(_) => Type::Release,
            Self::Submit(_) => Type::Submit,
            Self::Accounts(_) => Type::Accounts,
            Self::Movements(_) => Type::Movements,
            Self::Move(_) => Type::Move,
            Self::Totals => Type::Totals,
            Self::Records(_) => Type::Records,
            Self::Report(_) => Type::Report,
        }
    }
}

impl Answer {
    /// A refusal with its sentence.
    pub fn refused(status: Status, text: impl Into<String>) -> Self {
        Self::Refused(Refusal { status, text: text.into() })
    }

    /// A refusal whose sentence is the status's own.
    #[must_use]
    pub fn refused_as(status: Status) -> Self {
        Self::refused(status, status.meaning())
    }

    /// Whether this is an answer that a request of `kind` may get.
    #[must_use]
    pub fn suits(&self, kind: Type) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Done => matches!(
                kind,
                Type::KeepAlive
                    | Type::Logout
                    | Type::Cancel
                    | Type::Register
                    | Type::PinChange
                    | Type::RegisterByLogin
                    | Type::Delegate
                    | Type::Report
            ),
            Self::Hello(_) => kind == Type::Hello,
            Self::Authenticate(_) => kind == Type::Authenticate,
            Self::ServerInfo(_) => kind == Type::ServerInfo,
            Self::Login(_) => kind == Type::Login,
            Self::Documents(_) => kind == Type::Documents,
            Self::Print(_) => kind == Type::Print,
            Self::Changed(_) => matches!(kind, Type::Retain | Type::Delete),
            Self::Delegations(_) => kind == Type::Delegations,
            Self::Release(_) => kind == Type::Release,
            Self::Submit(_) => kind == Type::Submit,
            Self::WalkupBegin(_) => kind == Type::WalkupBegin,
            Self::WalkupCounted(_) => kind == Type::WalkupCounted,
            Self::WalkupEnd(_) => kind == Type::WalkupEnd,
            Self::Accounts(_) => kind == Type::Accounts,
            Self::Movements(_) => kind == Type::Movements,
            Self::Move(_) => kind == Type::Move,
            Self::Totals(_) => kind == Type::Totals,
            Self::Records(_) => kind == Type::Records,
        }
    }

    /// Movements in as many pages as the limits ask for, at least one.
    #[must_use]
    pub fn movements(movements: Vec<Movement>) -> Vec<Self> {
        let pages = pages(movements, Movement::size_max);
        pages.into_iter().map(|movements| Self::Movements(MovementsAnswer { movements })).collect()
    }

    /// Tracking records in as many pages as the limits ask for, at least one.
    #[must_use]
    pub fn records(records: Vec<TrackingRecord>) -> Vec<Self> {
        let pages = pages(records, TrackingRecord::size_max);
        pages.into_iter().map(|records| Self::Records(RecordsAnswer { records })).collect()
    }

    fn decode(kind: Type, body: Bytes) -> Result<Self, Fault> {
        let verdict = Refusal::read(body.clone(), 0)?;
        if !verdict.status.is_done() {
            return Ok(Self::Refused(verdict));
        }
        match kind {
            Type::Hello => HelloAnswer::read(body, 0).map(Self::Hello),
            Type::Authenticate => AuthenticateAnswer::read(body, 0).map(Self::Authenticate),
            Type::KeepAlive
            | Type::Logout
            | Type::Cancel
            | Type::Register
            | Type::PinChange
            | Type::RegisterByLogin
            | Type::Delegate
            | Type::Report => Ok(Self::Done),
            Type::Delegations => DelegationsAnswer::read(body, 0).map(Self::Delegations),
            Type::ServerInfo => ServerInfoAnswer::read(body, 0).map(|answer| Self::ServerInfo(answer.server)),
            Type::Login => LoginAnswer::read(body, 0).map(Self::Login),
            Type::Documents => DocumentsAnswer::read(body, 0).map(Self::Documents),
            Type::Print => PrintAnswer::read(body, 0).map(Self::Print),
            Type::Retain | Type::Delete => ChangedAnswer::read(body, 0).map(Self::Changed),
            Type::Release => ReleaseAnswer::read(body, 0).map(Self::Release),
            Type::Submit => SubmitAnswer::read(body, 0).map(Self::Submit),
            Type::WalkupBegin => WalkupBeginAnswer::read(body, 0).map(Self::WalkupBegin),
            Type::WalkupCounted => WalkupCountedAnswer::read(body, 0).map(Self::WalkupCounted),
            Type::WalkupEnd => WalkupEndAnswer::read(body, 0).map(Self::WalkupEnd),
            Type::Accounts => AccountsAnswer::read(body, 0).map(Self::Accounts),
            Type::Movements => MovementsAnswer::read(body, 0).map(Self::Movements),
            Type::Move => MoveAnswer::read(body, 0).map(Self::Move),
            Type::Totals => TotalsAnswer::read(body, 0).map(Self::Totals),
            Type::Records => RecordsAnswer::read(body, 0).map(Self::Records),
            Type::Goodbye
            | Type::Notice
            | Type::Failure
            | Type::Data
            | Type::Credit
            | Type::Abort
            | Type::Progress => Err(Fault::Malformed { what: "an answer to something that has none" }),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        if let Self::Refused(refusal) = self {
            return refusal.write(out);
        }
        Refusal { status: Status::Done, text: String::new() }.write(out);
        match self {
            Self::Refused(_) | Self::Done => {}
            Self::Hello(answer) => answer.write(out),
            Self::Authenticate(answer) => answer.write(out),
            Self::ServerInfo(server) => ServerInfoAnswer { server: server.clone() }.write(out),
            Self::Login(answer) => answer.write(out),
            Self::Documents(answer) => answer.write(out),
            Self::Print(answer) => answer.write(out),
            Self::Changed(answer) => answer.write(out),
            Self::Delegations(answer) => answer.write(out),
            Self::Release(answer) => answer.write(out),
            Self::Submit(answer) => answer.write(out),
            Self::WalkupBegin(answer) => answer.write(out),
            Self::WalkupCounted(answer) => answer.write(out),
            Self::WalkupEnd(answer) => answer.write(out),
            Self::Accounts(answer) => answer.write(out),
            Self::Movements(answer) => answer.write(out),
            Self::Move(answer) => answer.write(out),
            Self::Totals(answer) => answer.write(out),
            Self::Records(answer) => answer.write(out),
        }
    }
}

impl Message {
    /// Understands a frame.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for an unknown type, value or critical field; else what the body did wrong.
    pub fn decode(frame: Frame) -> Result<Self, Fault> {
        let Frame { header, body } = frame;
        let Some(kind) = Type::from_code(header.kind) else {
            return Err(Fault::Unsupported { what: "message type", status: Status::UnknownRequest });
        };
        if header.is_answer() {
            let answer = Answer::decode(kind, body)?;
            return Ok(Self::Answer { to: kind, answer, last: header.is_last() });
        }
        if header.is_last() && kind != Type::Data {
            return Err(Fault::Malformed { what: "the last flag on something that has no parts" });
        }
        let empty = |request: Request| {
            // Later versions may give these a body; fields that must be understood are refused.
            let mut rest = body.clone();
            while let Some((tag, _)) = super::field::next(&mut rest)? {
                super::field::unknown(tag)?;
            }
            Ok(Self::Request(request))
        };
        match kind {
            Type::KeepAlive => empty(Request::KeepAlive),
            Type::ServerInfo => empty(Request::ServerInfo),
            Type::Logout => empty(Request::Logout),
            Type::Totals => empty(Request::Totals),
            Type::Delegations => empty(Request::Delegations),
            Type::Hello => Hello::read(body, 0).map(|r| Self::Request(Request::Hello(r))),
            Type::Authenticate => {
                Authenticate::read(body, 0).map(|r| Self::Request(Request::Authenticate(r)))
            }
            Type::Login => Login::read(body, 0).map(|r| Self::Request(Request::Login(r))),
            Type::Documents => Documents::read(body, 0).map(|r| Self::Request(Request::Documents(r))),
            Type::Print => Print::read(body, 0).map(|r| Self::Request(Request::Print(r))),
            Type::Cancel => Cancel::read(body, 0).map(|r| Self::Request(Request::Cancel(r))),
            Type::Retain => Retain::read(body, 0).map(|r| Self::Request(Request::Retain(r))),
            Type::Delete => Delete::read(body, 0).map(|r| Self::Request(Request::Delete(r))),
            Type::Register => Register::read(body, 0).map(|r| Self::Request(Request::Register(r))),
            Type::PinChange => PinChange::read(body, 0).map(|r| Self::Request(Request::PinChange(r))),
            Type::RegisterByLogin => {
                RegisterByLogin::read(body, 0).map(|r| Self::Request(Request::RegisterByLogin(r)))
            }
            Type::Delegate => Delegate::read(body, 0).map(|r| Self::Request(Request::Delegate(r))),
            Type::WalkupBegin => WalkupBegin::read(body, 0).map(|r| Self::Request(Request::WalkupBegin(r))),
            Type::WalkupCounted => {
                WalkupCounted::read(body, 0).map(|r| Self::Request(Request::WalkupCounted(r)))
            }
            Type::WalkupEnd => WalkupEnd::read(body, 0).map(|r| Self::Request(Request::WalkupEnd(r))),
            Type::Release => Release::read(body, 0).map(|r| Self::Request(Request::Release(r))),
            Type::Submit => Submit::read(body, 0).map(|r| Self::Request(Request::Submit(r))),
            Type::Accounts => Accounts::read(body, 0).map(|r| Self::Request(Request::Accounts(r))),
            Type::Movements => Movements::read(body, 0).map(|r| Self::Request(Request::Movements(r))),
            Type::Move => Move::read(body, 0).map(|r| Self::Request(Request::Move(r))),
            Type::Records => Records::read(body, 0).map(|r| Self::Request(Request::Records(r))),
            Type::Report => Report::read(body, 0).map(|r| Self::Request(Request::Report(r))),
            Type::Progress => Progress::read(body, 0).map(Self::Progress),
            Type::Data => Ok(Self::Data { bytes: body, last: header.is_last() }),
            Type::Credit => Credit::read(body, 0).map(Self::Credit),
            Type::Abort => Abort::read(body, 0).map(Self::Abort),
            Type::Notice => Notice::read(body, 0).map(Self::Notice),
            Type::Failure => Failure::read(body, 0).map(Self::Failure),
            Type::Goodbye => Goodbye::read(body, 0).map(Self::Goodbye),
        }
    }

    /// The frame's bytes: header and body. Document data is not copied: see [`encode_data_header`].
    ///
    /// # Panics
    /// Never for messages within the limits of [`limits`](super::limits): every record of ours is bounded below
    /// the body limit by them (a page of documents by its caller, which counts bytes).
    #[must_use]
    pub fn encode(&self, request: u32) -> Bytes {
        let mut body = Vec::with_capacity(128);
        let (kind, flags) = match self {
            Self::Request(asked) => {
                match asked {
                    Request::KeepAlive
                    | Request::ServerInfo
                    | Request::Logout
                    | Request::Totals
                    | Request::Delegations => {}
                    Request::Hello(r) => r.write(&mut body),
                    Request::Authenticate(r) => r.write(&mut body),
                    Request::Login(r) => r.write(&mut body),
                    Request::Documents(r) => r.write(&mut body),
                    Request::Print(r) => r.write(&mut body),
                    Request::Cancel(r) => r.write(&mut body),
                    Request::Retain(r) => r.write(&mut body),
                    Request::Delete(r) => r.write(&mut body),
                    Request::Register(r) => r.write(&mut body),
                    Request::PinChange(r) => r.write(&mut body),
                    Request::RegisterByLogin(r) => r.write(&mut body),
                    Request::Delegate(r) => r.write(&mut body),
                    Request::WalkupBegin(r) => r.write(&mut body),
                    Request::WalkupCounted(r) => r.write(&mut body),
                    Request::WalkupEnd(r) => r.write(&mut body),
                    Request::Release(r) => r.write(&mut body),
                    Request::Submit(r) => r.write(&mut body),
                    Request::Accounts(r) => r.write(&mut body),
                    Request::Movements(r) => r.write(&mut body),
                    Request::Move(r) => r.write(&mut body),
                    Request::Records(r) => r.write(&mut body),
                    Request::Report(r) => r.write(&mut body),
                }
                (asked.kind(), 0)
            }
            Self::Answer { to, answer, last } => {
                answer.encode(&mut body);
                (*to, FLAG_ANSWER | if *last { FLAG_LAST } else { 0 })
            }
            Self::Progress(r) => {
                r.write(&mut body);
                (Type::Progress, 0)
            }
            Self::Data { bytes, last } => {
                body.extend_from_slice(bytes);
                (Type::Data, if *last { FLAG_LAST } else { 0 })
            }
            Self::Credit(r) => {
                r.write(&mut body);
                (Type::Credit, 0)
            }
            Self::Abort(r) => {
                r.write(&mut body);
                (Type::Abort, 0)
            }
            Self::Notice(r) => {
                r.write(&mut body);
                (Type::Notice, 0)
            }
            Self::Failure(r) => {
                r.write(&mut body);
                (Type::Failure, 0)
            }
            Self::Goodbye(r) => {
                r.write(&mut body);
                (Type::Goodbye, 0)
            }
        };
        assert!(body.len() <= BODY_BYTES_MAX, "a message of ours is over the limit of a body");
        let mut out = header(kind.code(), flags, request, body.len());
        out.put_slice(&body);
        out.freeze()
    }
}

/// Parts of `items`, each below half the limit of a body; one empty part when there are none.
fn pages<T>(items: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut pages, mut page, mut room) = (Vec::new(), Vec::new(), BODY_BYTES_MAX / 2);
    for item in items {
        let bytes = size(&item);
        if bytes > room && !page.is_empty() {
            pages.push(std::mem::take(&mut page));
            room = BODY_BYTES_MAX / 2;
        }
        room = room.saturating_sub(bytes);
        page.push(item);
    }
    pages.push(page);
    pages
}

/// The header of a data frame whose `length` bytes are written after it from where they are.
pub(super) fn encode_data_header(request: u32, length: usize, last: bool) -> Bytes {
    header(Type::Data.code(), if last { FLAG_LAST } else { 0 }, request, length).freeze()
}

/// A refusal of a request whose type this side may not know.
pub(super) fn encode_refusal(kind: u16, request: u32, refusal: &Refusal) -> Bytes {
    let mut body = Vec::new();
    refusal.write(&mut body);
    let mut out = header(kind, FLAG_ANSWER | FLAG_LAST, request, body.len());
    out.put_slice(&body);
    out.freeze()
}

fn header(kind: u16, flags: u8, request: u32, length: usize) -> BytesMut {
    let mut out = BytesMut::with_capacity(HEADER_BYTES + length);
    let length = u32::try_from(length).expect("a body is far below 4 GiB");
    Header { version: VERSION, flags, kind, request, length }.encode(&mut out);
    out
}

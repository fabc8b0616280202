//! Makes any message from a seed, for the round trips.

use bytes::Bytes;

use crate::safecom::records::*;
use crate::safecom::{Answer, Ids, Message, Request, Secret, Status, Type};

/// A small generator: the same seed makes the same message.
pub(super) struct Make(pub(super) u64);

impl Make {
    pub(super) fn number(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    pub(super) fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(super) fn text(&mut self) -> String {
        let alphabet: Vec<char> = "abcZ 0ßé文\u{1F5A8}\\\0".chars().collect();
        let length = self.below(40);
        (0..length).map(|_| alphabet[self.below(alphabet.len() as u64) as usize]).collect()
    }

    pub(super) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.yes().then(|| make(self))
    }

    pub(super) fn one<T: Copy>(&mut self, all: &[(T, u8)]) -> T {
        all[self.below(all.len() as u64) as usize].0
    }

    fn status(&mut self) -> Status {
        Status::ALL[self.below(Status::ALL.len() as u64) as usize]
    }

    fn ids(&mut self) -> Ids {
        Ids((0..self.below(50)).map(|_| self.number()).collect())
    }

    fn nonce(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.number() as u8)
    }

    fn info(&mut self) -> ServerInfo {
        ServerInfo {
            name: self.text(),
            product: self.text(),
            group: self.text(),
            time_us: self.number() as i64,
            features: (0..self.below(4)).map(|_| self.text()).collect(),
            queues: (0..self.below(4)).map(|_| self.text()).collect(),
        }
    }

    fn document(&mut self) -> Document {
        Document {
            id: self.number(),
            name: self.text(),
            submitted_us: self.number() as i64,
            bytes: self.number(),
            marks: self.number() as u32,
            copies: self.number() as u16,
            pages: self.maybe(|m| m.number() as u32),
            color_pages: self.maybe(|m| m.number() as u32),
            reason: self.maybe(Self::text),
            owner: self.maybe(Self::text),
            price: self.maybe(|m| m.number() as i64),
            driver: self.maybe(Self::text),
        }
    }

    fn user(&mut self) -> User {
        User {
            logon: self.text(),
            full_name: self.text(),
            rights: self.number() as u32,
            documents: self.number() as u32,
            print_all: self.yes(),
            domain: self.maybe(Self::text),
            balance: self.maybe(|m| m.number() as i64),
        }
    }

    fn parts(&mut self) -> Vec<WalkupPart> {
        let part = |m: &mut Self| WalkupPart {
            media: m.text(),
            sheets: m.number() as u32,
            mono: m.number() as u32,
            color: m.number() as u32,
        };
        (0..self.below(8)).map(|_| part(self)).collect()
    }

    fn toner(&mut self) -> Toner {
        let [cyan, magenta, yellow, black] = std::array::from_fn(|_| self.number() as u16);
        Toner { cyan, magenta, yellow, black }
    }

    fn request(&mut self) -> Request {
        match self.below(18) {
            0 => Request::Hello(Hello {
                version_min: self.number() as u8,
                version_max: self.number() as u8,
                role: self.one(Role::ALL),
                name: self.text(),
                product: self.text(),
                nonce: self.nonce(),
                mac: self.maybe(Self::text),
                prints: self.yes(),
            }),
            1 => Request::Authenticate(Authenticate { proof: self.nonce() }),
            2 => Request::KeepAlive,
            3 => Request::ServerInfo,
            4 => Request::Login(Login {
                method: self.one(LoginMethod::ALL),
                id: Secret::new(self.text()),
                secret: self.maybe(|m| Secret::new(m.text())),
            }),
            5 => Request::Logout,
            6 => Request::Documents(Documents { after_id: self.number(), limit: self.number() as u32 }),
            7 => Request::Print(Print {
                documents: self.ids(),
                copies: self.maybe(|m| m.number() as u16),
                mono: self.yes(),
                duplex: self.yes(),
                toner_save: self.maybe(Self::yes),
            }),
            8 => Request::Cancel(Cancel { request: self.number() as u32 }),
            9 => Request::Retain(Retain { documents: self.ids(), retain: self.yes() }),
            10 => Request::Delete(Delete { documents: self.ids() }),
            11 => Request::Register(Register {
                method: self.one(LoginMethod::ALL),
                id: Secret::new(self.text()),
                puk: Secret::new(self.text()),
                pin: self.maybe(|m| Secret::new(m.text())),
                pin_again: self.maybe(|m| Secret::new(m.text())),
            }),
            12 => Request::PinChange(PinChange {
                old: self.maybe(|m| Secret::new(m.text())),
                pin: Secret::new(self.text()),
                pin_again: Secret::new(self.text()),
            }),
            13 => Request::Release(Release {
                document: self.number(),
                name: self.text(),
                owner: self.text(),
                format: self.text(),
                bytes: self.maybe(Self::number),
                copies: self.number() as u16,
                mono: self.yes(),
                duplex: self.yes(),
            }),
            14 => Request::WalkupBegin(WalkupBegin {
                session: self.text(),
                kind: self.one(WalkupKind::ALL),
                color: self.yes(),
                name: self.maybe(Self::text),
                destination: self.maybe(Self::text),
            }),
            15 => Request::WalkupCounted(WalkupCounted { session: self.text(), parts: self.parts() }),
            16 => Request::WalkupEnd(WalkupEnd {
                session: self.text(),
                parts: self.parts(),
                completed: self.yes(),
                bytes: self.number(),
                duplex: self.yes(),
                destination: self.maybe(Self::text),
                name: self.maybe(Self::text),
                reason: self.maybe(Self::text),
                toner: self.maybe(Self::toner),
            }),
            _ => Request::Submit(Submit {
                submission: self.text(),
                queue: self.text(),
                name: self.text(),
                format: self.text(),
                copies: self.maybe(|m| m.number() as u16),
                sides: self.maybe(Self::text),
                color_mode: self.maybe(Self::text),
                media: self.maybe(Self::text),
                bytes: self.maybe(Self::number),
            }),
        }
    }

    fn answer(&mut self) -> (Type, Answer) {
        match self.below(15) {
            0 => {
                let refused = Status::ALL.iter().copied().filter(|status| !status.is_done());
                let refused: Vec<_> = refused.collect();
                let status = refused[self.below(refused.len() as u64) as usize];
                (Type::Print, Answer::refused(status, self.text()))
            }
            1 => (if self.yes() { Type::Register } else { Type::PinChange }, Answer::Done),
            2 => (Type::Logout, Answer::Done),
            3 => {
                let answer =
                    HelloAnswer { version: self.number() as u8, server: self.info(), nonce: self.nonce() };
                (Type::Hello, Answer::Hello(answer))
            }
            4 => {
                let login_methods = (0..self.below(4)).map(|_| self.one(LoginMethod::ALL)).collect();
                let answer = AuthenticateAnswer { proof: self.nonce(), login_methods };
                (Type::Authenticate, Answer::Authenticate(answer))
            }
            5 => (Type::ServerInfo, Answer::ServerInfo(self.info())),
            6 => {
                let answer = LoginAnswer {
                    step: self.one(LoginStep::ALL),
                    user: self.maybe(Self::user),
                    printed: self.maybe(|m| m.number() as u32),
                    failed: self.maybe(|m| m.number() as u32),
                };
                (Type::Login, Answer::Login(answer))
            }
            7 => {
                let documents = (0..self.below(20)).map(|_| self.document()).collect();
                (Type::Documents, Answer::Documents(DocumentsAnswer { documents }))
            }
            8 => {
                let (printed, failed) = (self.number() as u32, self.number() as u32);
                (Type::Print, Answer::Print(PrintAnswer { printed, failed }))
            }
            9 => {
                let answer = ChangedAnswer { changed: self.number() as u32, refused: self.status() };
                (if self.yes() { Type::Retain } else { Type::Delete }, Answer::Changed(answer))
            }
            10 => {
                let answer = ReleaseAnswer {
                    printed: self.yes(),
                    bytes: self.number(),
                    impressions: self.maybe(|m| m.number() as u32),
                    reason: self.maybe(Self::text),
                    color_impressions: self.maybe(|m| m.number() as u32),
                    sheets: self.maybe(|m| m.number() as u32),
                    toner: self.maybe(Self::toner),
                };
                (Type::Release, Answer::Release(answer))
            }
            11 => {
                let answer = WalkupBeginAnswer { spendable: self.maybe(|m| m.number() as i64) };
                (Type::WalkupBegin, Answer::WalkupBegin(answer))
            }
            12 => {
                let answer = WalkupCountedAnswer {
                    price: self.maybe(|m| m.number() as i64),
                    left: self.maybe(|m| m.number() as i64),
                    go_on: self.yes(),
                };
                (Type::WalkupCounted, Answer::WalkupCounted(answer))
            }
            13 => {
                let answer =
                    WalkupEndAnswer { pages: self.number() as u32, price: self.maybe(|m| m.number() as i64) };
                (Type::WalkupEnd, Answer::WalkupEnd(answer))
            }
            _ => {
                let answer = SubmitAnswer { document: self.number(), bytes: self.number() };
                (Type::Submit, Answer::Submit(answer))
            }
        }
    }

    /// Any message.
    pub(super) fn message(&mut self) -> Message {
        match self.below(16) {
            0..=6 => Message::Request(self.request()),
            7..=10 => {
                let (to, answer) = self.answer();
                Message::Answer { to, answer, last: self.yes() }
            }
            11 => Message::Progress(Progress {
                document: self.number(),
                step: self.one(Step::ALL),
                sent: self.number(),
                total: self.maybe(Self::number),
                status: self.status(),
                text: self.text(),
            }),
            12 => {
                let length = self.below(3000);
                let bytes: Vec<u8> = (0..length).map(|_| self.number() as u8).collect();
                Message::Data { bytes: Bytes::from(bytes), last: self.yes() }
            }
            13 => match self.below(3) {
                0 => Message::Credit(Credit { bytes: self.number() as u32 }),
                1 => Message::Abort(Abort { status: self.status(), text: self.text() }),
                _ => Message::Goodbye(Goodbye { status: self.status() }),
            },
            14 => Message::Notice(Notice {
                kind: self.one(NoticeKind::ALL),
                status: self.status(),
                text: self.text(),
                server: self.maybe(Self::text),
            }),
            _ => Message::Failure(Failure {
                fault: self.number() as u8,
                status: self.status(),
                text: self.text(),
            }),
        }
    }
}

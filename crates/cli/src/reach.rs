//! How a server is found and called: over its socket in the data directory, or over TLS with credentials.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use hyper_util::rt::TokioIo;
use rpc::proto::charging::charging_client::ChargingClient;
use rpc::proto::jobserver::administration_client::AdministrationClient;
use rpc::proto::jobserver::certificates_client::CertificatesClient;
use rpc::proto::jobserver::directory_client::DirectoryClient;
use rpc::proto::jobserver::event_log_client::EventLogClient;
use rpc::proto::jobserver::mail_room_client::MailRoomClient;
use rpc::proto::jobserver::operations_client::OperationsClient;
use rpc::proto::jobserver::tokens_client::TokensClient;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::proto::moneyserver::money_reader_client::MoneyReaderClient;
use rpc::proto::people::people_client::PeopleClient;
use rpc::proto::supervisor::supervisor_client::SupervisorClient;
use rpc::proto::trackingserver::collection_client::CollectionClient;
use rpc::proto::trackingserver::reports_client::ReportsClient;
use rpc::proto::trackingserver::tracking_client::TrackingClient;
use rustls_pki_types::ServerName;
use service::http::Trust;
use service::options::DATA_DEFAULT;
use tokio::net::{TcpStream, UnixStream};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{self, Channel, Endpoint};
use tonic::{Request, Status};
use tower::service_fn;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::secret;

/// Port of remote administration when `--server` names none.
pub const ADMINISTRATION_PORT: u16 = 7723;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server that its supervisor starts again is waited for.
const RESTART_PATIENCE: Duration = Duration::from_secs(5);
const RESTART_POLL: Duration = Duration::from_millis(50);

/// Longest wait for the first answer of an ordinary call.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// Largest message accepted from a server: a page of 500 objects is far below it.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Which suite is meant, and who asks.
#[derive(Args, Clone, Debug, Default)]
pub struct ReachOptions {
    /// Data directory of the local suite; .papergate when not given
    #[arg(long, global = true, value_name = "DIR", env = "PAPERGATE_DATA", conflicts_with = "server")]
    pub data: Option<PathBuf>,
    /// A remote suite, over TLS (default port 7723)
    #[arg(long, global = true, value_name = "HOST[:PORT]", requires = "login")]
    pub server: Option<String>,
    /// Logon at the remote suite
    #[arg(long, global = true, value_name = "LOGON", env = "PAPERGATE_LOGIN")]
    pub login: Option<String>,
    /// File with the password of --login, "-" for standard input (else PAPERGATE_PASSWORD, else asked)
    #[arg(long, global = true, value_name = "FILE", requires = "server")]
    pub login_password_file: Option<PathBuf>,
    /// PEM file with the certificate authority, or the certificate itself, of the remote suite
    #[arg(long, global = true, value_name = "FILE", env = "PAPERGATE_CA")]
    pub ca: Option<PathBuf>,
    /// SHA-256 fingerprint of the remote suite's certificate, instead of --ca
    #[arg(long, global = true, value_name = "HEX", env = "PAPERGATE_FINGERPRINT", conflicts_with = "ca")]
    pub fingerprint: Option<String>,
}

/// A channel that proves who asks.
pub type Connection = InterceptedService<Channel, Credentials>;

/// Credentials added to every call; none on the local socket, where the system says who we are.
#[derive(Clone, Debug)]
pub struct Credentials(Option<MetadataValue<Ascii>>);

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Patience {
    /// An answer is expected within [`CALL_TIMEOUT`].
    Call,
    /// The server copies or compares everything it has.
    Unlimited,
}

/// The way to the servers of one suite.
pub struct Reach {
    options: ReachOptions,
}

impl Reach {
    /// The way that the command line and the environment describe.
    pub fn new(options: ReachOptions) -> Self {
        Self { options }
    }

    /// The data directory of the local suite.
    ///
    /// # Errors
    /// When a remote suite is meant.
    pub fn data(&self) -> Result<&Path, Failure> {
        if self.options.server.is_some() {
            return Err(Failure::Usage(
                "this command works on the local suite only, not with --server".to_owned(),
            ));
        }
        Ok(self.options.data.as_deref().unwrap_or(Path::new(DATA_DEFAULT)))
    }

    /// People, cards, devices, queues, jobs and settings.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn administration(&self) -> Result<AdministrationClient<Connection>, Failure> {
        self.administration_with(Patience::Call).await
    }

    /// As [`Self::administration`], for calls that may take long.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn administration_with(
        &self,
        patience: Patience,
    ) -> Result<AdministrationClient<Connection>, Failure> {
        let client = AdministrationClient::new(self.connect("jobserver", patience).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// What happened.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn event_log(&self) -> Result<EventLogClient<Connection>, Failure> {
        let client = EventLogClient::new(self.connect("jobserver", Patience::Unlimited).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Mails.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn mail_room(&self) -> Result<MailRoomClient<Connection>, Failure> {
        let client = MailRoomClient::new(self.connect("jobserver", Patience::Unlimited).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Schemes, and who pays where.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn charging(&self) -> Result<ChargingClient<Connection>, Failure> {
        Ok(ChargingClient::new(self.connect("jobserver", Patience::Call).await?))
    }

    /// Tokens in addresses of queues.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn tokens(&self) -> Result<TokensClient<Connection>, Failure> {
        let client = TokensClient::new(self.connect("jobserver", Patience::Call).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Groups, units, aliases, codes, delegates, import and export.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn people(&self) -> Result<PeopleClient<Connection>, Failure> {
        self.people_with(Patience::Call).await
    }

    /// As [`Self::people`], for calls that may take long.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn people_with(&self, patience: Patience) -> Result<PeopleClient<Connection>, Failure> {
        let client = PeopleClient::new(self.connect("jobserver", patience).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Certificates people print with.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn certificates(&self) -> Result<CertificatesClient<Connection>, Failure> {
        Ok(CertificatesClient::new(self.connect("jobserver", Patience::Call).await?))
    }

    /// Tracing, connections, stores.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn operations(&self) -> Result<OperationsClient<Connection>, Failure> {
        Ok(OperationsClient::new(self.connect("jobserver", Patience::Call).await?))
    }

    /// The directory's passwords.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn directory(&self) -> Result<DirectoryClient<Connection>, Failure> {
        Ok(DirectoryClient::new(self.connect("jobserver", Patience::Call).await?))
    }

    /// Which processes run.
    ///
    /// # Errors
    /// When the supervisor cannot be reached.
    pub async fn supervisor(&self) -> Result<SupervisorClient<Connection>, Failure> {
        Ok(SupervisorClient::new(self.connect("supervisor", Patience::Call).await?))
    }

    /// Who printed what.
    ///
    /// # Errors
    /// When the trackingserver cannot be reached.
    pub async fn tracking(&self, patience: Patience) -> Result<TrackingClient<Connection>, Failure> {
        let client = TrackingClient::new(self.connect("trackingserver", patience).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// As [`Self::tracking`], by way of the jobserver, which writes down who did it.
    ///
    /// # Errors
    /// When the jobserver cannot be reached.
    pub async fn tracking_reported(&self, patience: Patience) -> Result<TrackingClient<Connection>, Failure> {
        Ok(TrackingClient::new(self.connect("jobserver", patience).await?))
    }

    /// What tracking servers say to each other.
    ///
    /// # Errors
    /// When the trackingserver cannot be reached.
    pub async fn collection(&self, patience: Patience) -> Result<CollectionClient<Connection>, Failure> {
        Ok(CollectionClient::new(self.connect("trackingserver", patience).await?))
    }

    /// What tracking records add up to.
    ///
    /// # Errors
    /// When the trackingserver cannot be reached.
    pub async fn reports(&self, patience: Patience) -> Result<ReportsClient<Connection>, Failure> {
        let client = ReportsClient::new(self.connect("trackingserver", patience).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// What moves money.
    ///
    /// # Errors
    /// When the moneyserver cannot be reached.
    pub async fn money(&self) -> Result<MoneyClient<Connection>, Failure> {
        self.money_with(Patience::Call).await
    }

    /// As [`Self::money`], for calls that may take long.
    ///
    /// # Errors
    /// When the moneyserver cannot be reached.
    pub async fn money_with(&self, patience: Patience) -> Result<MoneyClient<Connection>, Failure> {
        // By way of the jobserver, which writes down who did it.
        Ok(MoneyClient::new(self.connect("jobserver", patience).await?))
    }

    /// What only looks at money.
    ///
    /// # Errors
    /// When the moneyserver cannot be reached.
    pub async fn money_reader(&self, patience: Patience) -> Result<MoneyReaderClient<Connection>, Failure> {
        let client = MoneyReaderClient::new(self.connect("moneyserver", patience).await?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Who asks, for the record: the logon at a remote suite, or who runs this command.
    pub fn author(&self) -> String {
        let logon = self.options.server.as_ref().and(self.options.login.clone());
        logon
            .or_else(|| std::env::var("USER").ok())
            .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
    }

    /// The remote suite, when one is meant.
    pub fn server(&self) -> Option<&str> {
        self.options.server.as_deref()
    }

    /// Logon and password of whoever asks.
    ///
    /// # Errors
    /// When no logon is given, or the password cannot be read.
    pub fn credentials(&self) -> Result<(String, Zeroizing<String>), Failure> {
        let Some(login) = self.options.login.clone() else {
            return Err(Failure::Usage("say who asks: --login LOGON".to_owned()));
        };
        let password = secret::read(
            &format!("password of {login}"),
            self.options.login_password_file.as_deref(),
            "PAPERGATE_PASSWORD",
        )?;
        Ok((login, password))
    }

    /// Whom to trust when a remote server is spoken to.
    ///
    /// # Errors
    /// When neither an authority nor a fingerprint is named.
    pub fn http_trust(&self) -> Result<Trust, Failure> {
        match (&self.options.ca, &self.options.fingerprint) {
            (Some(path), _) => Ok(Trust::Authorities(path.clone())),
            (None, Some(text)) => Trust::pinned(text)
                .ok_or_else(|| Failure::Usage("a fingerprint is 64 hexadecimal digits (SHA-256)".to_owned())),
            // Nobody is trusted unasked.
            (None, None) => {
                Err(Failure::Usage("say whom to trust: --ca FILE or --fingerprint HEX".to_owned()))
            }
        }
    }

    /// A connection to `server` of the suite.
    async fn connect(&self, server: &'static str, patience: Patience) -> Result<Connection, Failure> {
        match &self.options.server {
            Some(address) => self.connect_remote(address, patience).await,
            None => self.connect_local(server, patience).await,
        }
    }

    async fn connect_local(&self, server: &'static str, patience: Patience) -> Result<Connection, Failure> {
        let run = self.data()?.join("run");
        let path = run.join(format!("{server}.sock"));
        let deadline = Instant::now() + RESTART_PATIENCE;
        loop {
            match connect_socket(path.clone(), patience).await {
                Ok(channel) => return Ok(InterceptedService::new(channel, Credentials(None))),
                // A supervisor that is there is about to start the server again.
                Err(_) if Instant::now() < deadline && is_supervised(&run).await => {
                    tokio::time::sleep(RESTART_POLL).await;
                }
                Err(error) => {
                    let why = root_cause(&error);
                    let path = path.display();
                    let message = format!("the {server} does not answer on {path}: {why}");
                    return Err(Failure::Unreachable(message));
                }
            }
        }
    }

    async fn connect_remote(&self, address: &str, patience: Patience) -> Result<Connection, Failure> {
        let (host, port) = host_and_port(address, ADMINISTRATION_PORT)?;
        let (login, password) = self.credentials()?;
        let connector = self
            .http_trust()?
            .connector(&[b"h2"])
            .map_err(|error| Failure::Configuration(error.to_string()))?;
        let name = ServerName::try_from(host.clone())
            .map_err(|_| Failure::Usage(format!("'{host}' is no host name")))?;
        let target = (host.clone(), port);
        let connector = service_fn(move |_| {
            let (connector, name, target) = (connector.clone(), name.clone(), target.clone());
            async move {
                let stream = TcpStream::connect((target.0.as_str(), target.1)).await?;
                stream.set_nodelay(true)?;
                Ok::<_, io::Error>(TokioIo::new(connector.connect(name, stream).await?))
            }
        });
        let channel = endpoint("https://papergate.remote", patience)
            .connect_with_connector(connector)
            .await
            .map_err(|error| {
                Failure::Unreachable(format!("{host}:{port} does not answer: {}", root_cause(&error)))
            })?;
        Ok(InterceptedService::new(channel, Credentials(Some(basic(&login, &password)?))))
    }
}

async fn connect_socket(path: PathBuf, patience: Patience) -> Result<Channel, transport::Error> {
    let connector = service_fn(move |_| {
        let path = path.clone();
        async move { Ok::<_, io::Error>(TokioIo::new(UnixStream::connect(path).await?)) }
    });
    endpoint("http://papergate.local", patience).connect_with_connector(connector).await
}

/// Whether a supervisor listens among the sockets in `run`.
async fn is_supervised(run: &Path) -> bool {
    UnixStream::connect(run.join("supervisor.sock")).await.is_ok()
}

fn endpoint(uri: &'static str, patience: Patience) -> Endpoint {
    let endpoint = Endpoint::from_static(uri).connect_timeout(CONNECT_TIMEOUT);
    match patience {
        Patience::Call => endpoint.timeout(CALL_TIMEOUT),
        Patience::Unlimited => endpoint,
    }
}

/// RFC 7617 credentials; TLS hides them.
fn basic(login: &str, password: &str) -> Result<MetadataValue<Ascii>, Failure> {
    let pair = Zeroizing::new(format!("{login}:{password}"));
    let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let mut value = MetadataValue::try_from(text.as_str())
        .map_err(|_| Failure::Usage("logon and password cannot be sent".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Splits `HOST`, `HOST:PORT`, `[V6]` or `[V6]:PORT`.
pub(crate) fn host_and_port(text: &str, default_port: u16) -> Result<(String, u16), Failure> {
    let wrong = || Failure::Usage(format!("'{text}' is no HOST[:PORT]"));
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, tail) = rest.split_once(']').ok_or_else(wrong)?;
            (host, if tail.is_empty() { None } else { Some(tail.strip_prefix(':').ok_or_else(wrong)?) })
        }
        None => match text.split_once(':') {
            // More than one colon and no brackets: an IPv6 address without port.
            Some((_, tail)) if tail.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err(wrong());
    }
    let port = match port {
        Some(port) => port.parse().map_err(|_| wrong())?,
        None => default_port,
    };
    Ok((host.to_owned(), port))
}

/// The innermost cause: "No such file or directory" says more than "transport error".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_in_the_usual_ways() {
        let table = [
            ("print.example", Some(("print.example", 7723))),
            ("print.example:8000", Some(("print.example", 8000))),
            ("192.0.2.1:1", Some(("192.0.2.1", 1))),
            ("[2001:db8::1]", Some(("2001:db8::1", 7723))),
            ("[2001:db8::1]:99", Some(("2001:db8::1", 99))),
            ("2001:db8::1", Some(("2001:db8::1", 7723))),
            ("", None),
            (":80", None),
            ("host:", None),
            ("host:70000", None),
            ("[::1", None),
            ("[::1]80", None),
        ];
        for (text, expected) in table {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(host_and_port(text, ADMINISTRATION_PORT).ok(), expected, "{text}");
        }
    }

    #[test]
    fn nobody_is_trusted_unasked() {
        let reach = |options| Reach::new(options).http_trust().map_err(|failure| failure.exit_code());
        assert_eq!(reach(ReachOptions::default()), Err(2));
        let fingerprint = Some("00".to_owned());
        assert_eq!(reach(ReachOptions { fingerprint, ..ReachOptions::default() }), Err(2));
    }

    #[test]
    fn credentials_are_marked_so_that_no_log_shows_them() {
        let value = basic("anna", "s3cret:x").unwrap();
        assert_eq!(value.to_str().unwrap(), "Basic YW5uYTpzM2NyZXQ6eA==");
        assert!(!format!("{value:?}").contains("YW5"));
    }
}

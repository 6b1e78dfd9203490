//! Mail over SMTP: one letter to one recipient, on a connection that serves many.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};

use super::parcel::Answer;
use crate::{
    compile::SmtpPlan,
    definitions::MailEncryption,
    model::{DkimKey, says_no_such_address},
};

/// How long a connection may take to come about, and a letter to be taken.
const CONNECTING: Duration = Duration::from_secs(30);
const TAKING: Duration = Duration::from_secs(120);
/// How many letters a connection serves; some servers take no more.
const PER_CONNECTION: u32 = 100;

/// A mail as a server gets it.
#[derive(Debug, Clone)]
pub(in crate::channels) struct Letter {
    /// Where bounces go.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// The message.
    pub content: Vec<u8>,
    /// The key that signs it, and when that is. A signature takes longer than all the rest, so it is made on the edge.
    pub signs: Option<(DkimKey, i64)>,
}

/// A connection, and how many letters it has served.
struct Connection {
    smtp: AsyncSmtpConnection,
    served: u32,
}

/// Hands letters to one server.
pub(in crate::channels) struct Mailer {
    plan: SmtpPlan,
    hello: ClientId,
    idle: Mutex<Vec<Connection>>,
}

/// How far a letter came before something went wrong.
enum Failed {
    /// The server couldn't be reached, or wouldn't have anything.
    Server(String),
    /// The server answered: whether it may be taken another time, whether the recipient is meant, and what it said.
    Answered { later: bool, recipient: bool, said: String },
    /// The connection broke while the letter was on its way: nobody knows whether it was taken.
    Unknown(String),
}

impl Mailer {
    /// For a server. `hello` is the name by which it greets, a domain of the sender's.
    pub(in crate::channels) fn new(plan: &SmtpPlan, hello: &str) -> Mailer {
        let hello = ClientId::Domain(hello.to_owned());
        Mailer { plan: plan.clone(), hello, idle: Mutex::default() }
    }

    /// Hands a letter over.
    pub(in crate::channels) async fn send(&self, mut letter: Letter) -> Answer {
        if let Some((key, at)) = letter.signs.take() {
            match key.sign(&letter.content, at) {
                Ok(signed) => letter.content = signed,
                Err(reason) => return Answer::Refused(reason),
            }
        }
        let letter = &letter;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let is_reused = idle.is_some();
        let mut answer = self.by(idle, letter).await;
        if is_reused && matches!(answer, Err(Failed::Server(_))) {
            // The server had closed the connection meanwhile.
            answer = self.by(None, letter).await;
        }
        match answer {
            Ok(()) => Answer::Taken,
            Err(Failed::Server(reason)) => Answer::Later { reason, after: None, unreachable: true },
            Err(Failed::Unknown(reason)) => Answer::Unknown(reason),
            Err(Failed::Answered { later: true, said, .. }) => {
                Answer::Later { reason: self.said(&said), after: None, unreachable: false }
            }
            Err(Failed::Answered { recipient: true, said, .. }) => {
                let dead = says_no_such_address(Some(&said));
                Answer::Bounced { reason: self.said(&said), dead }
            }
            Err(Failed::Answered { said, .. }) => Answer::Refused(self.said(&said)),
        }
    }

    fn said(&self, text: &str) -> String {
        format!("`{}:{}` answered {text}", self.plan.host, self.plan.port)
    }

    /// Hands a letter over by a connection, or by a new one.
    async fn by(&self, connection: Option<Connection>, letter: &Letter) -> Result<(), Failed> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => {
                let connected = timeout(CONNECTING, self.connect()).await;
                let late =
                    |_| Failed::Server(format!("`{}` didn't answer within 30 seconds", self.plan.host));
                Connection { smtp: connected.map_err(late)??, served: 0 }
            }
        };
        let handed = timeout(TAKING, self.letter(&mut connection.smtp, letter)).await;
        let outcome = handed.unwrap_or_else(|_| {
            Err(Failed::Unknown(format!(
                "`{}` didn't say within two minutes whether it took it",
                self.plan.host
            )))
        });
        connection.served += 1;
        let usable = match &outcome {
            Ok(()) => true,
            // The next letter begins anew.
            Err(Failed::Answered { .. }) => connection.smtp.command(Rset).await.is_ok(),
            Err(Failed::Server(_) | Failed::Unknown(_)) => false,
        };
        if usable && connection.served < PER_CONNECTION {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        } else if usable {
            // It served its time; that it ended well concerns nobody.
            let _ = connection.smtp.quit().await;
        }
        outcome
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failed> {
        let SmtpPlan { host, port, encryption, login, .. } = &self.plan;
        let place = format!("`{host}:{port}`");
        let server =
            |what: &str, error: &dyn fmt::Display| Failed::Server(format!("{place} {what}: {error}"));
        let tcp = TcpStream::connect((host.as_str(), *port))
            .await
            .map_err(|error| server("can't be reached", &error))?;
        // Without it each of the short answers waits for the other side's acknowledgement.
        tcp.set_nodelay(true).map_err(|error| server("can't be reached", &error))?;
        let trusted =
            || TlsParameters::new_rustls(host.clone()).map_err(|error| server("can't be trusted", &error));
        let stream: Box<dyn AsyncTokioStream> = match encryption {
            MailEncryption::Tls => Box::new(
                Encrypted::new(host, tcp)
                    .await
                    .map_err(|error| server("has no connection that can be trusted", &error))?,
            ),
            MailEncryption::StartTls | MailEncryption::None => Box::new(tcp),
        };
        let mut smtp = AsyncSmtpConnection::connect_with_transport(stream, &self.hello)
            .await
            .map_err(|error| server("gave no greeting", &told(&error)))?;
        if *encryption == MailEncryption::StartTls {
            smtp.starttls(trusted()?, &self.hello)
                .await
                .map_err(|error| server("has no connection that can be trusted", &told(&error)))?;
        }
        if let Some((name, password)) = login {
            let credentials = Credentials::new(name.clone(), password.clone());
            smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .await
                .map_err(|error| server("didn't take the name and password", &told(&error)))?;
        }
        Ok(smtp)
    }

    /// The letter itself, command by command, so that it is known how far it came.
    async fn letter(&self, smtp: &mut AsyncSmtpConnection, letter: &Letter) -> Result<(), Failed> {
        let host = &self.plan.host;
        let mut parameters = Vec::new();
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if !is_ascii(&letter.to) || !is_ascii(&letter.from) {
            if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                let said =
                    "nothing: it takes no addresses with other than ASCII letters (SMTPUTF8)".to_owned();
                return Err(Failed::Answered { later: false, recipient: true, said });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !letter.content.is_ascii() && smtp.server_info().supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let broken = |error: Error| Failed::Server(format!("`{host}` broke off: {}", told(&error)));
        let judged = |error: Error, recipient: bool| match error.status() {
            Some(code) => {
                // What it says of the sender or the session isn't the recipient's fault, and may change.
                let said = told(&error);
                let later = error.is_transient() || (!recipient && u16::from(code) != 554);
                Failed::Answered { later, recipient, said }
            }
            None => broken(error),
        };
        smtp.command(Mail::new(Some(letter.from.clone()), parameters)).await.map_err(|error| {
            match error.status() {
                // It closes the connection.
                Some(code) if u16::from(code) == 421 => broken(error),
                _ => judged(error, false),
            }
        })?;
        smtp.command(Rcpt::new(letter.to.clone(), Vec::new())).await.map_err(|error| judged(error, true))?;
        smtp.command(Data).await.map_err(|error| judged(error, false))?;
        match smtp.message(&letter.content).await {
            Ok(_) => Ok(()),
            Err(error) if error.status().is_some() => {
                let later = error.is_transient();
                Err(Failed::Answered { later, recipient: false, said: told(&error) })
            }
            Err(error) => Err(Failed::Unknown(format!(
                "the connection to `{host}` broke while the mail was on its way: {}",
                told(&error)
            ))),
        }
    }
}

/// What went wrong, on one line.
fn told(error: &Error) -> String {
    let text = match error.status() {
        Some(code) => {
            let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            format!("{code} {source}")
        }
        None => error.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

/// A connection that is encrypted from its beginning.
struct Encrypted(tokio_rustls::client::TlsStream<TcpStream>);

impl Encrypted {
    async fn new(host: &str, tcp: TcpStream) -> io::Result<Encrypted> {
        let mut roots = rustls::RootCertStore::empty();
        // Those that can't be read are left out; what they would have signed isn't trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        Ok(Encrypted(connector.connect(name, tcp).await?))
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

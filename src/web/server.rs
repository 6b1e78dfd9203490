//! Listening, and ending well.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    runtime::Handle,
    sync::{Semaphore, oneshot},
};

use super::{door::Door, routes::routes};

/// How many connections there are at most; others wait until one ends.
const MOST: usize = 1_000;
/// How long a request's head may take: who says nothing is hung up on.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests have to end when the server stops.
const ENDING: Duration = Duration::from_secs(10);

/// Why the web server doesn't listen.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Its address can't be listened at.
    #[error("`{address}` can't be listened at: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A server that listens. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    stopped: std::sync::mpsc::Receiver<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended already; requests have a while to end.
            let _ = stop.send(());
            let _ = self.stopped.recv_timeout(ENDING);
        }
    }
}

/// Listens at an address and answers, on the edge.
///
/// # Errors
/// When the address isn't one, or is in use.
pub fn start(edge: &Handle, address: &str, door: Door, real_now: fn() -> i64) -> Result<Server, WebError> {
    let failed = |source| WebError::Listen { address: address.to_owned(), source };
    let listener = edge.block_on(TcpListener::bind(address)).map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    let (stop, stopping) = oneshot::channel();
    let (ended, stopped) = std::sync::mpsc::channel();
    let app = routes(door, real_now);
    edge.spawn(async move {
        accept(listener, app, stopping).await;
        // Nobody may wait for it any more.
        let _ = ended.send(());
    });
    Ok(Server { address: local, stop: Some(stop), stopped })
}

async fn accept(listener: TcpListener, app: axum::Router, mut stopping: oneshot::Receiver<()>) {
    let room = Arc::new(Semaphore::new(MOST));
    let graceful = GracefulShutdown::new();
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            _ = &mut stopping => break,
        };
        let Ok(permit) = permit else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopping => break,
        };
        // A connection that broke off at once concerns no other.
        let Ok((stream, _)) = stream else { continue };
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Whatever a client did wrong is its own affair.
            let _ = connection.await;
            drop(permit);
        });
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(ENDING) => {}
    }
}

//! The tokio runtime on which everything runs that waits for the network.

use std::sync::{Arc, OnceLock};

use tokio::runtime::{Builder, Handle, Runtime};

/// The edge of the program: the engine and the store are synchronous and have a thread of their own; what waits for
/// others runs here. It starts with the first thing that needs it, so a run that calls nobody has no such threads.
/// Its copies share it.
#[derive(Debug, Clone, Default)]
pub struct Edge(Arc<Threads>);

#[derive(Debug, Default)]
struct Threads(OnceLock<Runtime>);

impl Edge {
    /// The runtime's handle.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn handle(&self) -> Result<Handle, std::io::Error> {
        if let Some(runtime) = self.0.0.get() {
            return Ok(runtime.handle().clone());
        }
        let runtime =
            Builder::new_multi_thread().worker_threads(2).thread_name("edge").enable_all().build()?;
        Ok(self.0.0.get_or_init(|| runtime).handle().clone())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // A server that doesn't answer keeps nobody from stopping.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

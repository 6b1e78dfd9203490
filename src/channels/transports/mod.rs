//! Ways to hand over one thing to one place.
//!
//! In: what is to leave, made whole. Out: how it was answered. A transport knows neither messages nor journeys; when
//! something is tried again, and whether at all, is decided in `outbox`.

pub(super) mod edge;
pub(super) mod file;
pub(super) mod http;
pub(super) mod parcel;

use std::{cell::OnceCell, sync::Arc};

use self::{
    edge::Edge,
    http::Client,
    parcel::{Answer, Parcel},
};
use crate::compile::Plan;

/// Every transport, each made when it is first needed.
pub(super) struct Transports<'a> {
    plan: &'a Plan,
    edge: &'a Edge,
    http: OnceCell<Arc<Client>>,
}

impl<'a> Transports<'a> {
    /// Those that the plan's settings allow.
    pub(super) fn new(plan: &'a Plan, edge: &'a Edge) -> Transports<'a> {
        Transports { plan, edge, http: OnceCell::new() }
    }

    /// Hands a parcel over, and tells how it was answered: a file at once, what goes over the network from the edge.
    pub(super) fn hand_over(&self, parcel: Parcel, answered: Box<dyn FnOnce(Answer) + Send>) {
        match parcel {
            Parcel::File { folder, key, extension, content } => {
                answered(match file::write(&folder, &key, extension, &content) {
                    Ok(_) => Answer::Taken,
                    Err(error) => Answer::Unwritable(error.to_string()),
                });
            }
            Parcel::Http(call) => {
                let client = || Arc::new(Client::new(&self.plan.settings.allow, &self.plan.secrets));
                let client = Arc::clone(self.http.get_or_init(client));
                match self.edge.handle() {
                    Ok(handle) => drop(handle.spawn_blocking(move || answered(client.call(&call)))),
                    Err(error) => answered(Answer::Later {
                        reason: format!("the system gives no thread for calls: {error}"),
                        after: None,
                        unreachable: false,
                    }),
                }
            }
        }
    }
}

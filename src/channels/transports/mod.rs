//! Ways to hand over one thing to one place.
//!
//! In: what is to leave, made whole. Out: how it was answered. A transport knows neither messages nor journeys; when
//! something is tried again, and whether at all, is decided in `outbox`.

pub(super) mod edge;
pub(super) mod file;
pub(super) mod http;
pub(super) mod parcel;
pub(super) mod smtp;

use std::{cell::OnceCell, sync::Arc};

use self::{
    edge::Edge,
    http::Client,
    parcel::{Answer, Parcel},
    smtp::Mailer,
};
use crate::compile::Plan;

/// Every transport, each made when it is first needed.
pub(super) struct Transports<'a> {
    plan: &'a Plan,
    edge: &'a Edge,
    http: OnceCell<Arc<Client>>,
    smtp: OnceCell<Arc<Mailer>>,
}

impl<'a> Transports<'a> {
    /// Those that the plan's settings allow.
    pub(super) fn new(plan: &'a Plan, edge: &'a Edge) -> Transports<'a> {
        Transports { plan, edge, http: OnceCell::new(), smtp: OnceCell::new() }
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
                    Err(error) => answered(no_threads(&error)),
                }
            }
            Parcel::Smtp(letter) => {
                let Some(smtp) = &self.plan.settings.email.smtp else {
                    return answered(Answer::Refused("there is no mail server any more".to_owned()));
                };
                let mailer = || Arc::new(Mailer::new(smtp, letter.from.domain()));
                let mailer = Arc::clone(self.smtp.get_or_init(mailer));
                match self.edge.handle() {
                    Ok(handle) => drop(handle.spawn(async move { answered(mailer.send(letter).await) })),
                    Err(error) => answered(no_threads(&error)),
                }
            }
        }
    }

    /// How many parcels may be on their way to one host, and how many may begin in how many milliseconds.
    pub(super) fn limits(&self, parcel: &Parcel) -> (usize, Option<(u64, i64)>) {
        match (parcel, &self.plan.settings.email.smtp) {
            (Parcel::Smtp(_), Some(smtp)) => (smtp.connections, smtp.rate),
            _ => (AT_ONE_HOST, None),
        }
    }
}

/// How many calls are made to one host at the same time.
const AT_ONE_HOST: usize = 4;

fn no_threads(error: &std::io::Error) -> Answer {
    let reason = format!("the system gives no thread for the network: {error}");
    Answer::Later { reason, after: None, unreachable: false }
}

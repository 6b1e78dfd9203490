//! The web server: what people reach by the links in mails, and what machines ask.
//!
//! In: requests, the key that signs links, the present topics. Out: pages, and words about mail, which go through one
//! door into the store. It runs on the edge; only the door's thread has a connection to the store, so nothing that waits
//! for the network holds up the database, and the other way round. It doesn't know journeys, nor how mail leaves.

mod door;
mod pages;
mod routes;
mod server;
mod words;

pub use door::{Door, Shown};
pub use server::{Server, WebError, start};

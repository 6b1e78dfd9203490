//! Asking whether a database server answers at all.

use std::{
    io::{Error, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use postgres::{Config, config::Host};

/// How long a server may take to accept a connection, and to answer the first question.
pub(in crate::store) const PATIENCE: Duration = Duration::from_secs(20);

/// The question whether it speaks TLS, with which every connection may begin: eight bytes, answered by one.
const QUESTION: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Asks each server by network that a connection would go to, until one answers. One that refuses to be asked
/// is left to the connection itself, which tells why.
///
/// # Errors
/// When all accept the question and say nothing.
pub(in crate::store) fn knock(config: &Config, patience: Duration) -> Result<(), Error> {
    let ports = config.get_ports();
    let mut silent = None;
    for (at, host) in config.get_hosts().iter().enumerate() {
        let Host::Tcp(name) = host else { return Ok(()) };
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let addresses: Vec<SocketAddr> = match config.get_hostaddrs().get(at) {
            Some(address) => vec![SocketAddr::new(*address, port)],
            None => match (name.as_str(), port).to_socket_addrs() {
                Ok(found) => found.collect(),
                Err(_) => return Ok(()),
            },
        };
        let Some(mut stream) =
            addresses.iter().find_map(|address| TcpStream::connect_timeout(address, patience).ok())
        else {
            continue;
        };
        match ask(&mut stream, patience) {
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {
                let message = format!("`{name}` accepts connections and says nothing");
                silent = Some(Error::new(ErrorKind::TimedOut, message));
            }
            _ => return Ok(()),
        }
    }
    silent.map_or(Ok(()), Err)
}

fn ask(stream: &mut TcpStream, patience: Duration) -> Result<(), Error> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(&QUESTION)?;
    stream.read_exact(&mut [0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_says_nothing_is_told_from_one_that_is_gone() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = |port: u16| format!("postgres://me@127.0.0.1:{port}/db").parse::<Config>().unwrap();
        let error = knock(&config(port), Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.to_string(), "`127.0.0.1` accepts connections and says nothing");
        drop(listener);
        assert!(knock(&config(port), Duration::from_millis(200)).is_ok(), "the connection tells why");
    }
}

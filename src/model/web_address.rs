//! Addresses of web services, and which of them may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a web service answers: `https://crm.vendor.example/hooks/abm`.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress {
    /// The whole address. It may hold a secret, and is shown to nobody.
    pub text: String,
    /// The host in small letters: a name, or an address of the internet without brackets.
    pub host: String,
    /// The port; that of the scheme when none is written.
    pub port: u16,
}

impl std::fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place())
    }
}

/// Why a text isn't the address of a web service. The text itself isn't repeated, since it may hold a
/// secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebAddressError {
    /// No `http://` or `https://`.
    #[error("the address doesn't start with `https://` or `http://`")]
    Scheme,
    /// A user, with or without a password.
    #[error("a user stands in the address")]
    User,
    /// No host, or none that can be.
    #[error("the address names no host")]
    Host,
    /// A port that can't be.
    #[error("the port isn't a number from 1 to 65535")]
    Port,
    /// A space or something else that no address has.
    #[error("the address has a character that no address has")]
    Character,
}

impl WebAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// When it isn't one that can be called.
    pub fn parse(text: &str) -> Result<WebAddress, WebAddressError> {
        let scheme = text.get(..8).filter(|start| start.eq_ignore_ascii_case("https://"));
        let (rest, usual) = match scheme {
            Some(_) => (&text[8..], 443),
            None => match text.get(..7).filter(|start| start.eq_ignore_ascii_case("http://")) {
                Some(_) => (&text[7..], 80),
                None => return Err(WebAddressError::Scheme),
            },
        };
        if !text.chars().all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c)) {
            return Err(WebAddressError::Character);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        if authority.contains('@') {
            return Err(WebAddressError::User);
        }
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => {
                host.parse::<Ipv6Addr>().map_err(|_| WebAddressError::Host)?;
                (host, port.strip_prefix(':').or(port.is_empty().then_some("")).ok_or(WebAddressError::Port)?)
            }
            None => authority.split_once(':').unwrap_or((authority, "")),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if !authority.starts_with('[') && (host.is_empty() || !host.chars().all(is_name)) {
            return Err(WebAddressError::Host);
        }
        let port = match port {
            "" => usual,
            digits => digits.parse().ok().filter(|port: &u16| *port > 0).ok_or(WebAddressError::Port)?,
        };
        Ok(WebAddress { text: text.to_owned(), host: host.to_lowercase(), port })
    }

    /// Host and port, which is all of the address that is shown.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Which hosts may be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// From a list of hosts, in which `*.vendor.example` stands for everything below a name. Without
    /// a list every public host may be called.
    #[must_use]
    pub fn new(hosts: impl IntoIterator<Item = String>) -> AllowedHosts {
        AllowedHosts(hosts.into_iter().map(|host| host.trim().to_lowercase()).collect())
    }

    /// Whether a host may be called at all.
    #[must_use]
    pub fn permits(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        self.0.is_empty()
            || self.0.iter().any(|allowed| match allowed.strip_prefix('*') {
                Some(end) => host.ends_with(end),
                None => host == *allowed,
            })
    }

    /// Whether a host is named in full, so that it may be called even where it is private.
    #[must_use]
    pub fn names(&self, host: &str) -> bool {
        self.0.iter().any(|allowed| host.eq_ignore_ascii_case(allowed))
    }
}

/// Whether an address belongs to this machine or its own network rather than to the internet.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => {
            let parts = address.segments();
            let embedded = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_private_v4(Ipv4Addr::new(a, b, c, d))
            };
            match parts {
                // Addresses of the older kind in several disguises.
                [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => embedded(high, low),
                [0x64, 0xff9b, .., high, low] => embedded(high, low),
                [0x2002, high, low, ..] => embedded(high, low),
                _ => {
                    address.is_multicast()
                        || address.is_unique_local()
                        || address.is_unicast_link_local()
                        || parts[0] & 0xffc0 == 0xfec0
                }
            }
        }
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let cases = [
            ("https://crm.vendor.example/hooks/abm", Ok("crm.vendor.example:443")),
            ("HTTP://CRM.vendor.example?x=1", Ok("crm.vendor.example:80")),
            ("http://127.0.0.1:8080", Ok("127.0.0.1:8080")),
            ("http://[::1]:8080/x", Ok("::1:8080")),
            ("https://[fe80::1]", Ok("fe80::1:443")),
            ("crm.vendor.example/hooks", Err(WebAddressError::Scheme)),
            ("ftp://crm.vendor.example", Err(WebAddressError::Scheme)),
            ("", Err(WebAddressError::Scheme)),
            ("https://", Err(WebAddressError::Host)),
            ("https://[x]/", Err(WebAddressError::Host)),
            ("https://a b.example/", Err(WebAddressError::Character)),
            ("https://ä.example/", Err(WebAddressError::Character)),
            ("https://me@crm.example/", Err(WebAddressError::User)),
            ("https://crm.example:0/", Err(WebAddressError::Port)),
            ("https://crm.example:99999/", Err(WebAddressError::Port)),
            ("https://[::1]x/", Err(WebAddressError::Port)),
        ];
        for (text, expected) in cases {
            let found = WebAddress::parse(text).map(|address| address.place());
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn private_addresses_are_known_in_every_disguise() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "fec0::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ];
        for address in private {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_star_permits_public_hosts_below_a_name_and_names_none() {
        let hosts = AllowedHosts::new(["*.vendor.example".to_owned(), "Localhost".to_owned()]);
        assert!(hosts.permits("crm.vendor.example") && hosts.permits("LOCALHOST"));
        assert!(!hosts.permits("vendor.example") && !hosts.permits("evilvendor.example"));
        assert!(hosts.names("localhost") && !hosts.names("crm.vendor.example"));
        assert!(AllowedHosts::default().permits("anything.example"));
        assert!(!AllowedHosts::default().names("127.0.0.1"));
    }
}

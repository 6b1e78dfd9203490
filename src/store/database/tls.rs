//! The encryption of connections to a database server, as PostgreSQL's own programs mean the parameters `sslmode`,
//! `sslrootcert`, `sslcert` and `sslkey` of an address
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html>). Files are named in the address: the folder
//! `~/.postgresql` isn't looked at.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

/// The words of `sslmode`, from the least to the most that is asked for.
const MODES: [(&str, Mode); 6] = [
    ("disable", Mode::Disable),
    ("allow", Mode::Prefer),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

/// What a connection has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    /// Not encrypted.
    Disable,
    /// Encrypted where the server can.
    Prefer,
    /// Encrypted, whoever the server is; with `sslrootcert`, as `VerifyCa`.
    Require,
    /// To a server whose certificate an authority signed that is trusted.
    VerifyCa,
    /// To a server, moreover, that has the name of the address.
    VerifyFull,
}

/// How a connection is encrypted.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct Encryption {
    mode: Mode,
    root: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

/// Takes what is about encryption out of an address. Gives the address that is left, with a mode that the crate
/// `postgres` knows.
///
/// # Errors
/// What is wrong, and what was expected.
pub(in crate::store) fn split(url: &str) -> Result<(String, Encryption), String> {
    let mut encryption = Encryption { mode: Mode::Prefer, root: None, certificate: None, key: None };
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let mut written = None;
    let mut rest: Vec<&str> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "sslmode" => written = Some(value),
            "sslrootcert" => encryption.root = Some(value),
            "sslcert" => encryption.certificate = Some(value),
            "sslkey" => encryption.key = Some(value),
            _ => rest.push(pair),
        }
    }
    let system = encryption.root.as_deref() == Some("system");
    if let Some(word) = written {
        let known = MODES.iter().find(|(name, _)| *name == word);
        let names = MODES.map(|(name, _)| name).join(", ");
        encryption.mode = known
            .map(|(_, mode)| *mode)
            .ok_or_else(|| format!("`sslmode` is `{word}`, and one of these was expected: {names}"))?;
        if system && encryption.mode < Mode::VerifyFull {
            return Err("`sslrootcert=system` needs `sslmode=verify-full`: anybody can have a certificate of such an authority".to_owned());
        }
    } else if system {
        encryption.mode = Mode::VerifyFull;
    }
    if encryption.mode == Mode::Require && encryption.root.is_some() {
        encryption.mode = Mode::VerifyCa;
    }
    if encryption.mode >= Mode::VerifyCa && encryption.root.is_none() {
        return Err("`sslmode=verify-ca` and `verify-full` need `sslrootcert`: a file with the certificate of the authority that signed the server's, or `system`".to_owned());
    }
    if encryption.certificate.is_some() != encryption.key.is_some() {
        return Err(
            "`sslcert` and `sslkey` belong together: the file with the certificate, and the one with its key"
                .to_owned(),
        );
    }
    let mode = match encryption.mode {
        Mode::Disable => "disable",
        Mode::Prefer => "prefer",
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => "require",
    };
    let mode = format!("sslmode={mode}");
    rest.push(&mode);
    Ok((format!("{place}?{}", rest.join("&")), encryption))
}

impl Encryption {
    /// What a connection is made with; nothing where it isn't encrypted.
    ///
    /// # Errors
    /// Which file can't be read, and why.
    pub fn client(&self) -> Result<Option<ClientConfig>, String> {
        if self.mode == Mode::Disable {
            return Ok(None);
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier { roots: self.roots()?, by_name: self.mode == Mode::VerifyFull, provider };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&verifier.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else {
            return Ok(Some(builder.with_no_client_auth()));
        };
        let chain = certificates("sslcert", certificate)?;
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| format!("`sslkey` is `{key}`, which has no key in PEM: {error}"))?;
        builder
            .with_client_auth_cert(chain, key)
            .map(Some)
            .map_err(|error| format!("`sslcert` and `sslkey` don't fit together: {error}"))
    }

    /// The authorities that are trusted; nothing where it isn't asked who the server is.
    fn roots(&self) -> Result<Option<RootCertStore>, String> {
        let mut roots = RootCertStore::empty();
        match self.root.as_deref() {
            None => return Ok(None),
            Some("system") => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            Some(file) => {
                roots.add_parsable_certificates(certificates("sslrootcert", file)?);
            }
        }
        Ok(Some(roots))
    }
}

fn certificates(parameter: &str, file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err(format!("`{parameter}` is `{file}`, in which there is no certificate in PEM"))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(format!("`{parameter}` is `{file}`, which can't be read: {error}")),
    }
}

/// Says of a server's certificate whether it will do.
#[derive(Debug)]
struct Verifier {
    roots: Option<RootCertStore>,
    by_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
        if self.by_name {
            verify_server_name(&parsed, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_a_server_is_taken_out_of_its_address() {
        let cases = [
            ("postgres://db.example/crm", "?sslmode=prefer", Mode::Prefer),
            ("postgres://db.example/crm?sslmode=disable", "?sslmode=disable", Mode::Disable),
            (
                "postgres://db.example/crm?sslmode=require&user=ann",
                "?user=ann&sslmode=require",
                Mode::Require,
            ),
            (
                "postgres://db.example/crm?sslmode=require&sslrootcert=ca.pem",
                "?sslmode=require",
                Mode::VerifyCa,
            ),
            (
                "postgres://db.example/crm?sslrootcert=a%20b.pem&sslmode=verify-full",
                "?sslmode=require",
                Mode::VerifyFull,
            ),
            ("postgres://db.example/crm?sslrootcert=system", "?sslmode=require", Mode::VerifyFull),
        ];
        for (url, query, mode) in cases {
            let (rest, encryption) = split(url).unwrap();
            assert_eq!(
                (rest.as_str(), encryption.mode),
                (&*format!("postgres://db.example/crm{query}"), mode),
                "{url}"
            );
        }
        let (_, encryption) = split("postgres://h/d?sslrootcert=a%20b.pem&sslmode=verify-ca").unwrap();
        assert_eq!(encryption.root.as_deref(), Some("a b.pem"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_was_expected() {
        let cases = [
            ("sslmode=secure", "`sslmode` is `secure`"),
            ("sslmode=verify-full", "need `sslrootcert`"),
            ("sslmode=require&sslrootcert=system", "needs `sslmode=verify-full`"),
            ("sslcert=me.pem", "`sslcert` and `sslkey` belong together"),
        ];
        for (query, expected) in cases {
            let error = split(&format!("postgres://db.example/crm?{query}")).unwrap_err();
            assert!(error.contains(expected), "{query}: {error}");
        }
        let (_, encryption) = split("postgres://h/d?sslrootcert=/nowhere.pem&sslmode=verify-ca").unwrap();
        let error = encryption.client().unwrap_err();
        assert!(error.contains("`sslrootcert` is `/nowhere.pem`, which can't be read"), "{error}");
    }
}

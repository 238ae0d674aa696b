//! The certificate of `--https`. Each start makes a new one.

use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedKey, DistinguishedName, DnType, KeyPair};
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Returns an acceptor of TLS connections. Writes the certificate to `file`, if one is given.
///
/// The error is a sentence for the person who started the demo.
pub fn acceptor(file: Option<&Path>) -> Result<TlsAcceptor, String> {
    let CertifiedKey { cert, signing_key } =
        make().map_err(|error| format!("no certificate could be made: {error}"))?;
    if let Some(file) = file {
        std::fs::write(file, cert.pem())
            .map_err(|error| format!("the certificate cannot be written to {}: {error}", file.display()))?;
    }
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key))
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn make() -> Result<CertifiedKey<KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "demo of signed-cookie-session");
    // Browsers and operating systems refuse certificates that are valid for years.
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - Duration::days(1), now + Duration::days(90));
    let signing_key = KeyPair::generate()?;
    let cert = params.self_signed(&signing_key)?;
    Ok(CertifiedKey { cert, signing_key })
}

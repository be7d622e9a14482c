//! Where the server is, who asks, and how the connection behaves.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::errors::{Code, Error};

/// Where a client looks for a server unless it is told.
pub const DEFAULT_TARGET: &str = "localhost:50051";

/// Encryption. Certificates and keys are PEM bytes.
#[derive(Clone, Default)]
pub struct Tls {
    /// Authorities to trust; None means those of the system.
    pub root_certificates: Option<Vec<u8>>,
    /// The client's own certificate, for mutual TLS.
    pub certificate_chain: Option<Vec<u8>>,
    /// Key of the client's certificate.
    pub private_key: Option<Vec<u8>>,
    /// Name that the server's certificate must bear; None means the host of the target.
    pub server_name: Option<String>,
}

/// Pings while calls are open; they find dead connections that TCP keeps for hours.
#[derive(Clone, Copy, Debug)]
pub struct Keepalive {
    /// Time between pings; 30 s.
    pub interval: Duration,
    /// Time to wait for the answer to a ping; 15 s.
    pub timeout: Duration,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { interval: Duration::from_secs(30), timeout: Duration::from_secs(15) }
    }
}

/// All settings of a client.
#[derive(Clone)]
pub struct Config {
    /// `HOST:PORT`.
    pub target: String,
    /// Sent as `authorization: Bearer KEY`.
    pub api_key: Option<String>,
    /// Sent as `interplay-tenant`; only needed without authentication.
    pub tenant: Option<String>,
    /// Encrypts the connection; None means plaintext.
    pub tls: Option<Tls>,
    /// Pings.
    pub keepalive: Keepalive,
    /// Time that a unary call may take, retries included; streams have no limit.
    pub timeout: Duration,
    /// Send the API key over plaintext to a host that is not this machine.
    pub allow_insecure: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self::new(DEFAULT_TARGET)
    }
}

impl Config {
    /// A server at `target`, in plaintext and without a key.
    pub fn new(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            api_key: None,
            tenant: None,
            tls: None,
            keepalive: Keepalive::default(),
            timeout: Duration::from_secs(30),
            allow_insecure: false,
        }
    }

    /// What INTERPLAY_TARGET, INTERPLAY_API_KEY and INTERPLAY_TENANT say; an empty variable counts as absent.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        Self {
            api_key: given("INTERPLAY_API_KEY"),
            tenant: given("INTERPLAY_TENANT"),
            ..Self::new(given("INTERPLAY_TARGET").unwrap_or_else(|| DEFAULT_TARGET.into()))
        }
    }

    /// INVALID_ARGUMENT for settings that contradict each other, or that would give the key away.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |message: String| Err(Error::new(Code::InvalidArgument, message));
        if self.timeout.is_zero() {
            return refuse("timeout must be above 0".into());
        }
        if self.tls.as_ref().is_some_and(|tls| tls.certificate_chain.is_some() != tls.private_key.is_some()) {
            return refuse("certificate_chain and private_key belong together".into());
        }
        let exposed = self.api_key.is_some() && self.tls.is_none() && !is_loopback(&self.target);
        if exposed && !self.allow_insecure {
            return refuse(format!(
                "refusing to send the API key in plaintext to {}: set tls, or allow_insecure if the network itself is \
                 trusted",
                self.target
            ));
        }
        Ok(())
    }
}

/// Keys are not shown.
impl fmt::Debug for Config {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.debug_struct("Config")
            .field("target", &self.target)
            .field("tenant", &self.tenant)
            .field("tls", &self.tls)
            .field("keepalive", &self.keepalive)
            .field("timeout", &self.timeout)
            .field("allow_insecure", &self.allow_insecure)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.debug_struct("Tls")
            .field("own_authorities", &self.root_certificates.is_some())
            .field("mutual", &self.certificate_chain.is_some())
            .field("server_name", &self.server_name)
            .finish()
    }
}

/// Whether a target can only be this machine.
pub(crate) fn is_loopback(target: &str) -> bool {
    if target.starts_with("unix:") {
        return true;
    }
    let host = match target.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if target.matches(':').count() > 1 => target,
        None => target.split(':').next().unwrap_or_default(),
    };
    let address = host.split('%').next().unwrap_or_default();
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machine_by_its_names() {
        for target in ["localhost:1", "LOCALHOST", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "::1", "unix:/run/x"] {
            assert!(is_loopback(target), "{target}");
        }
        for target in ["example.org:1", "10.0.0.1:1", "[::2]:1", "localhost.example:1", "127.0.0.1.example:1", ""] {
            assert!(!is_loopback(target), "{target}");
        }
    }

    #[test]
    fn a_key_is_not_sent_in_plaintext_over_a_network() {
        let key = Some("secret".to_owned());
        let exposed = Config { api_key: key.clone(), ..Config::new("example.org:50051") };
        let error = exposed.check().unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(Config { allow_insecure: true, ..exposed.clone() }.check().is_ok());
        assert!(Config { tls: Some(Tls::default()), ..exposed.clone() }.check().is_ok());
        assert!(Config { api_key: key, ..Config::new("127.0.0.1:50051") }.check().is_ok());
        assert!(Config { api_key: None, ..exposed.clone() }.check().is_ok());
        assert!(!format!("{exposed:?}{error:?}").contains("secret"));
    }

    #[test]
    fn empty_variables_count_as_absent() {
        let config = Config::from_variables(|name| (name == "INTERPLAY_TENANT").then(|| "acme".into()));
        assert_eq!((config.target.as_str(), config.tenant.as_deref()), (DEFAULT_TARGET, Some("acme")));
        let config = Config::from_variables(|name| Some(if name == "INTERPLAY_TARGET" { "h:1" } else { "" }.into()));
        assert_eq!((config.target.as_str(), config.api_key, config.tenant), ("h:1", None, None));
    }

    #[test]
    fn half_an_identity_is_refused() {
        let tls = Tls { certificate_chain: Some(vec![]), ..Default::default() };
        assert!(Config { tls: Some(tls), ..Config::default() }.check().is_err());
        assert!(Config { timeout: Duration::ZERO, ..Config::default() }.check().is_err());
    }
}

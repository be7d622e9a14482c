//! One connection, and what every call over it has in common.

use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::uri::PathAndQuery;
use tokio::time::{Instant, timeout_at};
use tonic::client::Grpc;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Streaming};

use crate::codec::{BytesCodec, Frame};
use crate::config::Config;
use crate::errors::{Code, Error};
use crate::retry::Retries;

/// Bytes of a message that a server takes unless it says otherwise.
pub(crate) const MAX_MESSAGE_BYTES: usize = 16 << 20;
const TRANSPORT_BYTES: usize = 2 * MAX_MESSAGE_BYTES;
const EARLY: Duration = Duration::from_millis(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A path such as `/interplay.v1.InteractionService/GetInteraction`.
pub(crate) type Path = &'static str;

pub(crate) struct Transport {
    endpoint: Endpoint,
    channel: Channel,
    metadata: MetadataMap,
    retries: Retries,
    pub(crate) timeout: Duration,
}

impl Transport {
    /// Connects with its first call. Must be made inside a tokio runtime.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        config.check()?;
        let endpoint = endpoint(config)?;
        let mut metadata = MetadataMap::new();
        if let Some(key) = &config.api_key {
            let mut value = ascii(&format!("Bearer {key}"), "api_key")?;
            value.set_sensitive(true);
            metadata.insert("authorization", value);
        }
        if let Some(tenant) = &config.tenant {
            metadata.insert("interplay-tenant", ascii(tenant, "tenant")?);
        }
        let channel = endpoint.connect_lazy();
        Ok(Self { endpoint, channel, metadata, retries: Retries::shipped(), timeout: config.timeout })
    }

    /// The shared connection.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A connection of its own to the same server.
    pub(crate) fn new_channel(&self) -> Channel {
        self.endpoint.connect_lazy()
    }

    /// Calls a unary method, again where its policy says so, for `limit` in all.
    pub(crate) async fn unary(&self, path: Path, request: Bytes, limit: Duration) -> Result<Bytes, Error> {
        let deadline = Instant::now() + limit;
        let policy = self.retries.policy(path);
        let mut attempts = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let outcome = timeout_at(deadline, self.attempt(path, request.clone(), left)).await;
            let error = match outcome.unwrap_or_else(|_| Err(late(limit))) {
                Ok(answer) => {
                    self.retries.succeeded();
                    return Ok(answer);
                }
                // tonic watches the same deadline, and may be the first to say so in words of its own.
                Err(error) if error.reason().is_empty() && Instant::now() + EARLY >= deadline => late(limit),
                Err(error) => error,
            };
            attempts += 1;
            let pause = policy.as_ref().and_then(|policy| self.retries.pause(policy, attempts, &error));
            match pause {
                Some(pause) if Instant::now() + pause < deadline => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn attempt(&self, path: Path, request: Bytes, left: Duration) -> Result<Bytes, Error> {
        let mut call = self.request(Frame::bytes(request));
        call.set_timeout(left);
        let mut grpc = grpc(self.channel());
        ready(&mut grpc).await?;
        let answer = grpc.unary(call, PathAndQuery::from_static(path), BytesCodec).await;
        answer.map(tonic::Response::into_inner).map_err(Error::from_call)
    }

    /// Opens a stream of answers.
    pub(crate) async fn server_stream(
        &self,
        channel: Channel,
        path: Path,
        request: Bytes,
    ) -> Result<Streaming<Bytes>, Error> {
        let mut grpc = grpc(channel);
        ready(&mut grpc).await?;
        let call = self.request(Frame::bytes(request));
        let answer = grpc.server_streaming(call, PathAndQuery::from_static(path), BytesCodec).await;
        answer.map(tonic::Response::into_inner).map_err(Error::from_call)
    }

    /// Opens a stream in both directions; returns when the server has begun to answer.
    pub(crate) async fn bidi(
        &self,
        channel: Channel,
        path: Path,
        requests: impl Stream<Item = Frame> + Send + 'static,
    ) -> Result<Streaming<Bytes>, Error> {
        let mut grpc = grpc(channel);
        ready(&mut grpc).await?;
        let answer = grpc.streaming(self.request(requests), PathAndQuery::from_static(path), BytesCodec).await;
        answer.map(tonic::Response::into_inner).map_err(Error::from_call)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        *request.metadata_mut() = self.metadata.clone();
        request
    }
}

fn grpc(channel: Channel) -> Grpc<Channel> {
    Grpc::new(channel).max_decoding_message_size(TRANSPORT_BYTES).max_encoding_message_size(TRANSPORT_BYTES)
}

async fn ready(grpc: &mut Grpc<Channel>) -> Result<(), Error> {
    grpc.ready().await.map_err(|fault| Error::caused_by(Code::Unavailable, fault))
}

fn late(limit: Duration) -> Error {
    Error::new(Code::DeadlineExceeded, format!("no answer in {} s", limit.as_secs_f64()))
}

fn ascii(value: &str, name: &str) -> Result<AsciiMetadataValue, Error> {
    value.parse().map_err(|_| Error::new(Code::InvalidArgument, format!("{name} holds what a header cannot")))
}

fn endpoint(config: &Config) -> Result<Endpoint, Error> {
    let refuse = |fault: tonic::transport::Error| {
        let cause = std::error::Error::source(&fault).map(|source| format!(" ({source})")).unwrap_or_default();
        Error::new(Code::InvalidArgument, format!("target {}: {fault}{cause}", config.target))
    };
    let address = match config.tls {
        _ if config.target.starts_with("unix:") => config.target.clone(),
        Some(_) => format!("https://{}", config.target),
        None => format!("http://{}", config.target),
    };
    let mut endpoint = Endpoint::from_shared(address)
        .map_err(refuse)?
        .user_agent(concat!("interplay-rust/", env!("CARGO_PKG_VERSION")))
        .map_err(refuse)?
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(config.keepalive.interval)
        .keep_alive_timeout(config.keepalive.timeout);
    if let Some(tls) = &config.tls {
        let mut encryption = ClientTlsConfig::new();
        encryption = match &tls.root_certificates {
            Some(pem) => encryption.ca_certificate(Certificate::from_pem(pem)),
            None => encryption.with_native_roots(),
        };
        if let (Some(chain), Some(key)) = (&tls.certificate_chain, &tls.private_key) {
            encryption = encryption.identity(Identity::from_pem(chain, key));
        }
        if let Some(name) = &tls.server_name {
            encryption = encryption.domain_name(name);
        }
        endpoint = endpoint.tls_config(encryption).map_err(refuse)?;
    }
    Ok(endpoint)
}

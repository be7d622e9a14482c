//! What calls fail with.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buffa::{Message, MessageName};
use tonic::Status;

use crate::google::rpc;

/// Outcome of a call, as gRPC names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Code {
    Ok,
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl Code {
    const ALL: [(Code, &'static str); 17] = [
        (Code::Ok, "OK"),
        (Code::Cancelled, "CANCELLED"),
        (Code::Unknown, "UNKNOWN"),
        (Code::InvalidArgument, "INVALID_ARGUMENT"),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        (Code::NotFound, "NOT_FOUND"),
        (Code::AlreadyExists, "ALREADY_EXISTS"),
        (Code::PermissionDenied, "PERMISSION_DENIED"),
        (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
        (Code::FailedPrecondition, "FAILED_PRECONDITION"),
        (Code::Aborted, "ABORTED"),
        (Code::OutOfRange, "OUT_OF_RANGE"),
        (Code::Unimplemented, "UNIMPLEMENTED"),
        (Code::Internal, "INTERNAL"),
        (Code::Unavailable, "UNAVAILABLE"),
        (Code::DataLoss, "DATA_LOSS"),
        (Code::Unauthenticated, "UNAUTHENTICATED"),
    ];

    /// The name, for example `NOT_FOUND`.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The code of a number; UNKNOWN where there is none.
    pub(crate) fn of(number: i32) -> Self {
        usize::try_from(number).ok().and_then(|place| Self::ALL.get(place)).map_or(Code::Unknown, |(code, _)| *code)
    }

    /// The code of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(code, _)| *code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str(self.as_str())
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, for example `interactions[2].role`; or the subject of a precondition or a quota.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// A call that failed. Cheap to clone.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: String,
    details: Details,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Debug, Default)]
struct Details {
    reason: String,
    metadata: BTreeMap<String, String>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
    request_id: String,
    resource: Option<(String, String)>,
}

impl Error {
    /// An error of the caller's own making, for example what the function that plays an agent fails with.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { code, message: message.into(), details: Details::default(), source: None }))
    }

    /// An error that another one caused.
    pub fn caused_by(code: Code, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        let message = source.to_string();
        Self(Arc::new(Inner { code, message, details: Details::default(), source: Some(source.into()) }))
    }

    /// Outcome of the call.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Why, a value of [`ErrorReason`](crate::v1::ErrorReason) without its prefix, for example `SESSION_NOT_FOUND`;
    /// empty where the failure is the transport's and not the server's.
    pub fn reason(&self) -> &str {
        &self.0.details.reason
    }

    /// One sentence for a person.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the reason is about.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.details.metadata
    }

    /// Every broken rule.
    pub fn violations(&self) -> &[Violation] {
        &self.0.details.violations
    }

    /// When a retry makes sense.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.details.retry_after
    }

    /// Id of the call in the server's log; empty where it was not said.
    pub fn request_id(&self) -> &str {
        &self.0.details.request_id
    }

    /// Type and name of what was not found or exists already.
    pub fn resource(&self) -> Option<(&str, &str)> {
        self.0.details.resource.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()))
    }

    /// Another connection may mend it: the connection broke, or the server cannot just now.
    pub(crate) fn may_reconnect(&self) -> bool {
        match self.code() {
            Code::Unavailable | Code::ResourceExhausted => true,
            Code::Unknown | Code::Internal | Code::Cancelled | Code::DeadlineExceeded => self.reason().is_empty(),
            _ => false,
        }
    }

    pub(crate) fn with_reason(self, reason: &str, metadata: &[(&str, String)]) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.details.reason = reason.into();
        inner.details.metadata = metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Self(Arc::new(inner))
    }

    /// What a google.rpc.Status stands for, as it comes inside streams and operations.
    pub fn from_status(status: &rpc::Status) -> Self {
        let (code, message) = (Code::of(status.code), status.message.clone());
        Self(Arc::new(Inner { code, message, details: Details::read(status), source: None }))
    }

    /// What a failed call stands for; without readable details it has its code and message only.
    pub(crate) fn from_call(status: Status) -> Self {
        let message = status.message().to_owned();
        if broke(&status) {
            let source = Some(Arc::new(status) as Arc<dyn StdError + Send + Sync>);
            return Self(Arc::new(Inner { code: Code::Unavailable, message, details: Details::default(), source }));
        }
        // A proxy may mangle the trailer; the code and the message still hold.
        let details = rpc::Status::decode_from_slice(status.details()).map(|read| Details::read(&read));
        let code = Code::of(status.code() as i32);
        Self(Arc::new(Inner { code, message, details: details.unwrap_or_default(), source: None }))
    }
}

/// The connection ended without a word of the server's. gRPC calls that UNAVAILABLE, tonic UNKNOWN or CANCELLED.
fn broke(status: &Status) -> bool {
    let vague = matches!(status.code(), tonic::Code::Unknown | tonic::Code::Cancelled | tonic::Code::Internal);
    vague && status.details().is_empty() && (status.source().is_some() || status.metadata().is_empty())
}

impl Details {
    fn read(status: &rpc::Status) -> Self {
        let mut found = Self::default();
        for detail in &status.details {
            if let Some(info) = unpack::<rpc::ErrorInfo>(detail) {
                found.reason = info.reason;
                found.metadata = info.metadata;
            } else if let Some(retry) = unpack::<rpc::RetryInfo>(detail) {
                found.retry_after = retry.retry_delay.as_option().map(Duration::from);
            } else if let Some(request) = unpack::<rpc::RequestInfo>(detail) {
                found.request_id = request.request_id;
            } else if let Some(resource) = unpack::<rpc::ResourceInfo>(detail) {
                found.resource = Some((resource.resource_type, resource.resource_name));
            } else if let Some(bad) = unpack::<rpc::BadRequest>(detail) {
                found.add(bad.field_violations.into_iter().map(|broken| (broken.field, broken.description)));
            } else if let Some(unmet) = unpack::<rpc::PreconditionFailure>(detail) {
                found.add(unmet.violations.into_iter().map(|broken| (broken.subject, broken.description)));
            } else if let Some(quota) = unpack::<rpc::QuotaFailure>(detail) {
                found.add(quota.violations.into_iter().map(|broken| (broken.subject, broken.description)));
            }
        }
        found
    }

    fn add(&mut self, broken: impl Iterator<Item = (String, String)>) {
        self.violations.extend(broken.map(|(field, description)| Violation { field, description }));
    }
}

fn unpack<M: Message + MessageName>(detail: &crate::google::protobuf::Any) -> Option<M> {
    let name = detail.type_url.rsplit('/').next()?;
    if name == M::FULL_NAME { M::decode_from_slice(&detail.value).ok() } else { None }
}

impl fmt::Display for Error {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(into)?;
        if !self.reason().is_empty() {
            write!(into, " ({})", self.reason())?;
        }
        if !self.message().is_empty() {
            write!(into, ": {}", self.message())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0.details;
        into.debug_struct("Error")
            .field("code", &self.code())
            .field("reason", &self.reason())
            .field("message", &self.message())
            .field("metadata", &details.metadata)
            .field("violations", &details.violations)
            .field("retry_after", &details.retry_after)
            .field("request_id", &details.request_id)
            .field("resource", &details.resource)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::protobuf::{self, Any};

    fn packed<M: Message + MessageName>(message: &M) -> Any {
        Any { type_url: M::TYPE_URL.into(), value: message.encode_to_vec(), ..Default::default() }
    }

    #[test]
    fn reads_every_detail_that_a_server_gives() {
        let mut info = rpc::ErrorInfo { reason: "VALIDATION_FAILED".into(), ..Default::default() };
        info.metadata.insert("limit".into(), "3".into());
        let violation = rpc::bad_request::FieldViolation {
            field: "interactions[2].role".into(),
            description: "too long".into(),
            ..Default::default()
        };
        let status = rpc::Status {
            code: 3,
            message: "no".into(),
            details: vec![
                packed(&info),
                packed(&rpc::BadRequest { field_violations: vec![violation], ..Default::default() }),
                packed(&rpc::RetryInfo {
                    retry_delay: protobuf::Duration::from(Duration::from_millis(1500)).into(),
                    ..Default::default()
                }),
                packed(&rpc::RequestInfo { request_id: "r-1".into(), ..Default::default() }),
                Any { type_url: "type.googleapis.com/made.up".into(), ..Default::default() },
            ],
            ..Default::default()
        };
        let error = Error::from_status(&status);
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.reason(), "VALIDATION_FAILED");
        assert_eq!(error.metadata()["limit"], "3");
        assert_eq!(error.violations()[0].field, "interactions[2].role");
        assert_eq!(error.retry_after(), Some(Duration::from_millis(1500)));
        assert_eq!(error.request_id(), "r-1");
        assert_eq!(error.to_string(), "INVALID_ARGUMENT (VALIDATION_FAILED): no");
        assert!(!error.may_reconnect());
    }

    #[test]
    fn a_mangled_trailer_leaves_code_and_message() {
        let status = Status::with_details(tonic::Code::NotFound, "gone", b"\xff\xff".to_vec().into());
        let error = Error::from_call(status);
        assert_eq!((error.code(), error.message(), error.reason()), (Code::NotFound, "gone", ""));
    }

    #[test]
    fn names_and_numbers_agree_with_grpc() {
        for number in 0..17 {
            let code = Code::of(number);
            assert_eq!(code as i32, number);
            assert_eq!(tonic::Code::from_i32(number) as i32, number);
            assert_eq!(Code::named(code.as_str()), Some(code));
        }
        assert_eq!(Code::of(99), Code::Unknown);
        assert_eq!(Code::of(-1), Code::Unknown);
    }
}

//! Retries of unary methods, from the service config that ships to clients in every language.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::backoff::uniform;
use crate::errors::{Code, Error};

const SERVICE_CONFIG: &str = include_str!("service_config.json");

/// How a method is tried again.
#[derive(Debug, PartialEq)]
pub(crate) struct Policy {
    max_attempts: u32,
    initial: Duration,
    ceiling: Duration,
    multiplier: f64,
    codes: Vec<Code>,
}

/// Policies by path, and the tokens that all calls of a client share.
#[derive(Debug)]
pub(crate) struct Retries {
    policies: HashMap<String, Arc<Policy>>,
    max_tokens: f64,
    ratio: f64,
    tokens: Mutex<f64>,
}

impl Retries {
    pub(crate) fn shipped() -> Self {
        Self::parse(SERVICE_CONFIG).expect("the service config is tested")
    }

    fn parse(text: &str) -> Option<Self> {
        let config: Value = serde_json::from_str(text).ok()?;
        let mut policies = HashMap::new();
        for method in config["methodConfig"].as_array()? {
            let policy = Arc::new(Policy::parse(&method["retryPolicy"])?);
            for name in method["name"].as_array()? {
                let path = format!("/{}/{}", name["service"].as_str()?, name["method"].as_str()?);
                policies.insert(path, policy.clone());
            }
        }
        let throttling = &config["retryThrottling"];
        let (max_tokens, ratio) = (throttling["maxTokens"].as_f64()?, throttling["tokenRatio"].as_f64()?);
        Some(Self { policies, max_tokens, ratio, tokens: Mutex::new(max_tokens) })
    }

    /// How the method at `path` is tried again; None where it is not.
    pub(crate) fn policy(&self, path: &str) -> Option<Arc<Policy>> {
        self.policies.get(path).cloned()
    }

    pub(crate) fn succeeded(&self) {
        let mut tokens = self.tokens.lock().expect("no holder panics");
        *tokens = (*tokens + self.ratio).min(self.max_tokens);
    }

    /// Counts a failure. Returns whether there are tokens left for another attempt.
    fn failed(&self) -> bool {
        let mut tokens = self.tokens.lock().expect("no holder panics");
        *tokens = (*tokens - 1.0).max(0.0);
        *tokens > self.max_tokens / 2.0
    }

    /// The pause before the next attempt after `attempts` of them; None where there is to be none.
    pub(crate) fn pause(&self, policy: &Policy, attempts: u32, error: &Error) -> Option<Duration> {
        if !policy.codes.contains(&error.code()) || !self.failed() || attempts >= policy.max_attempts {
            return None;
        }
        let grown = policy.initial.as_secs_f64() * policy.multiplier.powi(attempts as i32 - 1);
        Some(Duration::from_secs_f64(grown.min(policy.ceiling.as_secs_f64()) * uniform(0.8, 1.2)))
    }
}

impl Policy {
    fn parse(policy: &Value) -> Option<Self> {
        let codes = policy["retryableStatusCodes"].as_array()?;
        Some(Self {
            max_attempts: u32::try_from(policy["maxAttempts"].as_u64()?).ok()?,
            initial: seconds(&policy["initialBackoff"])?,
            ceiling: seconds(&policy["maxBackoff"])?,
            multiplier: policy["backoffMultiplier"].as_f64()?,
            codes: codes.iter().map(|code| Code::named(code.as_str()?)).collect::<Option<_>>()?,
        })
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(value.as_str()?.strip_suffix('s')?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = "/interplay.v1.InteractionService/GetInteraction";

    #[test]
    fn the_copy_is_the_one_that_every_client_has() {
        let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../service_config.json");
        match std::fs::read_to_string(shared) {
            Ok(text) => assert_eq!(text, SERVICE_CONFIG),
            Err(fault) => assert!(!std::path::Path::new(shared).exists(), "{fault}"),
        }
    }

    #[test]
    fn obeys_attempts_backoff_and_codes() {
        let retries = Retries::shipped();
        let policy = retries.policy(READ).unwrap();
        let broken = Error::new(Code::Unavailable, "");
        for (attempts, expected) in [(1, 0.1), (2, 0.2), (3, 0.4), (4, 0.8)] {
            let pause = retries.pause(&policy, attempts, &broken).unwrap().as_secs_f64();
            assert!((0.8 * expected..=1.2 * expected).contains(&pause), "{pause}");
        }
        assert_eq!(retries.pause(&policy, 5, &broken), None);
        assert_eq!(retries.pause(&policy, 1, &Error::new(Code::Internal, "")), None);
        assert_eq!(retries.policy("/interplay.v1.InteractionService/StreamPublish"), None);
        assert_eq!(retries.policy("/interplay.v1.AdminService/CreateApiKey"), None);
    }

    #[test]
    fn failures_use_tokens_up_and_successes_bring_them_back() {
        let retries = Retries::shipped();
        let policy = retries.policy(READ).unwrap();
        let broken = Error::new(Code::Unavailable, "");
        let granted = (0..200).filter(|_| retries.pause(&policy, 1, &broken).is_some()).count();
        assert_eq!(granted, 49);
        for _ in 0..521 {
            retries.succeeded();
        }
        assert!(retries.pause(&policy, 1, &broken).is_some());
    }
}

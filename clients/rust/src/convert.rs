//! Times and free-form values between the contract and Rust.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value as Json;

use crate::google::protobuf::{self, __buffa::oneof::value::Kind};

impl From<SystemTime> for protobuf::Timestamp {
    fn from(time: SystemTime) -> Self {
        let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (after.as_secs() as i64, after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                let borrow = i64::from(before.subsec_nanos() > 0);
                (-(before.as_secs() as i64) - borrow, (1_000_000_000 - before.subsec_nanos()) % 1_000_000_000)
            }
        };
        Self { seconds, nanos: nanos as i32, ..Default::default() }
    }
}

impl From<&protobuf::Timestamp> for SystemTime {
    fn from(stamp: &protobuf::Timestamp) -> Self {
        let nanos = Duration::from_nanos(stamp.nanos.max(0) as u64);
        let seconds = Duration::from_secs(stamp.seconds.unsigned_abs());
        if stamp.seconds < 0 { UNIX_EPOCH - seconds + nanos } else { UNIX_EPOCH + seconds + nanos }
    }
}

impl From<Duration> for protobuf::Duration {
    fn from(duration: Duration) -> Self {
        Self { seconds: duration.as_secs() as i64, nanos: duration.subsec_nanos() as i32, ..Default::default() }
    }
}

/// What is below zero becomes zero.
impl From<&protobuf::Duration> for Duration {
    fn from(duration: &protobuf::Duration) -> Self {
        if duration.seconds < 0 || duration.nanos < 0 {
            return Duration::ZERO;
        }
        Duration::new(duration.seconds as u64, duration.nanos as u32)
    }
}

/// Numbers become doubles, as everywhere in a `google.protobuf.Value`.
impl From<Json> for protobuf::Value {
    fn from(json: Json) -> Self {
        let kind = match json {
            Json::Null => Kind::NullValue(protobuf::NullValue::NULL_VALUE.into()),
            Json::Bool(yes) => Kind::BoolValue(yes),
            Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Kind::StringValue(text),
            Json::Array(values) => {
                let values = values.into_iter().map(Into::into).collect();
                Kind::ListValue(Box::new(protobuf::ListValue { values, ..Default::default() }))
            }
            Json::Object(fields) => Kind::StructValue(Box::new(fields.into())),
        };
        Self { kind: Some(kind), ..Default::default() }
    }
}

impl From<serde_json::Map<String, Json>> for protobuf::Struct {
    fn from(fields: serde_json::Map<String, Json>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
        Self { fields, ..Default::default() }
    }
}

impl From<&protobuf::Value> for Json {
    fn from(value: &protobuf::Value) -> Self {
        match &value.kind {
            None | Some(Kind::NullValue(_)) => Json::Null,
            Some(Kind::BoolValue(yes)) => Json::Bool(*yes),
            Some(Kind::NumberValue(number)) => serde_json::Number::from_f64(*number).map_or(Json::Null, Json::Number),
            Some(Kind::StringValue(text)) => Json::String(text.clone()),
            Some(Kind::ListValue(list)) => Json::Array(list.values.iter().map(Into::into).collect()),
            Some(Kind::StructValue(fields)) => Json::Object((&**fields).into()),
        }
    }
}

impl From<&protobuf::Struct> for serde_json::Map<String, Json> {
    fn from(fields: &protobuf::Struct) -> Self {
        fields.fields.iter().map(|(name, value)| (name.clone(), value.into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were() {
        for nanos in [-1_500_000_000i64, -1, 0, 1, 999_999_999, 1_790_000_000_123_456_789] {
            let distance = Duration::from_nanos(nanos.unsigned_abs());
            let time = if nanos < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance };
            let stamp = protobuf::Timestamp::from(time);
            assert!((0..1_000_000_000).contains(&stamp.nanos));
            assert_eq!(SystemTime::from(&stamp), time);
        }
    }

    #[test]
    fn free_form_values_come_back_as_they_were() {
        let json = serde_json::json!({"a": [1.5, null, true, "x", {"b": {}}], "c": []});
        let Json::Object(fields) = json.clone() else { panic!() };
        let message = protobuf::Struct::from(fields);
        assert_eq!(Json::Object((&message).into()), json);
    }
}

//! Protobuf's JSON mapping of the messages; with the feature `json`.

use std::sync::{Arc, OnceLock};

use buffa::{Message, MessageName};
use buffa_descriptor::DescriptorPool;
use buffa_descriptor::reflect::DynamicMessage;

use crate::descriptor::FILE_DESCRIPTOR_SET;
use crate::errors::{Code, Error};

/// A message as JSON, in the names and forms of protobuf's mapping. Unknown fields are left out.
pub fn to_string<M: Message + MessageName>(message: &M) -> Result<String, Error> {
    let pool = pool();
    let index = pool.message_index(M::FULL_NAME).ok_or_else(|| unknown(M::FULL_NAME))?;
    let read = DynamicMessage::decode(pool.clone(), index, &message.encode_to_vec());
    let read = read.map_err(|fault| Error::caused_by(Code::InvalidArgument, fault))?;
    read.to_json().map_err(|fault| Error::caused_by(Code::InvalidArgument, fault))
}

/// The message that JSON stands for. INVALID_ARGUMENT where it is no such message.
pub fn from_str<M: Message + MessageName>(json: &str) -> Result<M, Error> {
    crate::codec::decode(&encode(M::FULL_NAME, json)?)
}

/// The encoding of the message that JSON stands for; `full_name` as in `interplay.v1.StreamAppend`.
pub fn encode(full_name: &str, json: &str) -> Result<Vec<u8>, Error> {
    let pool = pool();
    let index = pool.message_index(full_name).ok_or_else(|| unknown(full_name))?;
    let read = DynamicMessage::from_json(pool.clone(), index, json);
    Ok(read.map_err(|fault| Error::caused_by(Code::InvalidArgument, fault))?.encode_to_vec())
}

fn unknown(full_name: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("no message is called {full_name}"))
}

fn pool() -> &'static Arc<DescriptorPool> {
    static POOL: OnceLock<Arc<DescriptorPool>> = OnceLock::new();
    POOL.get_or_init(|| Arc::new(DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the descriptors are tested")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1;

    #[test]
    fn json_comes_back_as_it_was() {
        let json = r#"{"interactions":[{"content":"hi","userAction":"USER_ACTION_CLICK","image":"AAE=",
            "occurTime":"2026-01-02T03:04:05.250Z","metadata":{"b":1,"a":[true,null]}}],"offset":"12"}"#;
        let append: v1::StreamAppend = from_str(json).unwrap();
        assert_eq!(append.offset, Some(12));
        assert_eq!(append.interactions[0].user_action, v1::UserAction::USER_ACTION_CLICK);
        assert_eq!(append.interactions[0].occur_time.nanos, 250_000_000);
        assert_eq!(from_str::<v1::StreamAppend>(&to_string(&append).unwrap()).unwrap(), append);
    }

    #[test]
    fn what_is_no_such_message_is_refused() {
        assert_eq!(from_str::<v1::StreamAppend>(r#"{"nothing":1}"#).unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(encode("interplay.v1.Nothing", "{}").unwrap_err().code(), Code::InvalidArgument);
    }
}

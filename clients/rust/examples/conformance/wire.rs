//! Messages as hex, by name.

use interplay_client::{Error, Message};

/// Decodes and encodes again.
pub fn recoded<M: Message>(bytes: &[u8]) -> Result<Vec<u8>, String> {
    M::decode_from_slice(bytes).map(|message| message.encode_to_vec()).map_err(|fault| fault.to_string())
}

/// Calls a typed method with what bytes stand for.
pub async fn called<R, A, F>(bytes: &[u8], method: impl FnOnce(R) -> F) -> Result<Vec<u8>, Error>
where
    R: Message,
    A: Message,
    F: Future<Output = Result<A, Error>>,
{
    let request = R::decode_from_slice(bytes)
        .map_err(|fault| Error::caused_by(interplay_client::Code::InvalidArgument, fault))?;
    method(request).await.map(|answer| answer.encode_to_vec())
}

/// Bytes as lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal digits.
pub fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err("hex has two digits a byte".into());
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16))
        .collect::<Result<_, _>>()
        .map_err(|fault| fault.to_string())
}

/// The message of hexadecimal digits.
pub fn message<M: Message>(text: &str) -> Result<M, String> {
    M::decode_from_slice(&from_hex(text)?).map_err(|fault| fault.to_string())
}

//! Messages cross gRPC as bytes: one set of generic code for all of them, and unknown fields are kept.

use buffa::{DecodeOptions, Message};
use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::errors::{Code, Error};

/// A message on its way out: a short head that is made at the moment of sending, and the rest.
#[derive(Debug)]
pub(crate) struct Frame {
    head: [u8; Frame::HEAD],
    length: usize,
    body: Bytes,
}

impl Frame {
    /// Tag and length of the append, tag and value of its offset.
    const HEAD: usize = 1 + 10 + 1 + 10;

    pub(crate) fn of(message: &impl Message) -> Self {
        Self { head: [0; Self::HEAD], length: 0, body: message.encode_to_vec().into() }
    }

    pub(crate) fn bytes(body: Bytes) -> Self {
        Self { head: [0; Self::HEAD], length: 0, body }
    }

    /// `append` of a request of any of the three publishing streams, which agree in their numbers: `append` is field 2
    /// of the request, `offset` field 1 of the append. `body` is the append without its offset.
    pub(crate) fn append(offset: i64, body: Bytes) -> Self {
        let mut value = [0; 10];
        let value_length = put_varint(&mut value, offset as u64);
        let mut frame = Self { head: [0; Self::HEAD], length: 1, body };
        frame.head[0] = 2 << 3 | 2;
        frame.length += put_varint(&mut frame.head[1..], (1 + value_length + frame.body.len()) as u64);
        frame.head[frame.length] = 1 << 3;
        frame.head[frame.length + 1..][..value_length].copy_from_slice(&value[..value_length]);
        frame.length += 1 + value_length;
        frame
    }
}

fn put_varint(into: &mut [u8], mut value: u64) -> usize {
    let mut length = 0;
    while value >= 0x80 {
        into[length] = value as u8 | 0x80;
        value >>= 7;
        length += 1;
    }
    into[length] = value as u8;
    length + 1
}

/// Decodes what a server sent. Its own limit of 16 MiB a message is the bound, not the decoder's.
pub(crate) fn decode<M: Message>(bytes: &[u8]) -> Result<M, Error> {
    DecodeOptions::new()
        .with_element_memory_limit(usize::MAX)
        .decode_from_slice(bytes)
        .map_err(|fault| Error::new(Code::Internal, format!("an answer could not be read: {fault}")))
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Frame;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for BytesCodec {
    type Item = Frame;
    type Error = Status;

    fn encode(&mut self, frame: Frame, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.reserve(frame.length + frame.body.len());
        into.put_slice(&frame.head[..frame.length]);
        into.put(frame.body);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{self, oneof};

    fn joined(frame: &Frame) -> Vec<u8> {
        [&frame.head[..frame.length], &frame.body].concat()
    }

    #[test]
    fn an_append_is_what_the_generated_messages_make_of_it() {
        let interactions = vec![v1::InteractionData { content: "x".repeat(300), ..Default::default() }];
        for offset in [0, 1, 127, 128, 1 << 40, i64::MAX] {
            let bare = v1::StreamAppend { interactions: interactions.clone(), ..Default::default() };
            let append = v1::StreamAppend { offset: Some(offset), ..bare.clone() };
            let request = v1::StreamPublishRequest { message: append.into(), ..Default::default() };
            let frame = Frame::append(offset, bare.encode_to_vec().into());
            assert_eq!(joined(&frame), request.encode_to_vec());
        }
    }

    #[test]
    fn the_three_publishing_streams_agree_in_their_numbers() {
        let shop = v1::StreamEventsAppend { offset: Some(7), partial_success: true, ..Default::default() };
        let bare = v1::StreamEventsAppend { offset: None, ..shop.clone() };
        let request = v1::StreamEventsRequest { message: shop.into(), ..Default::default() };
        assert_eq!(joined(&Frame::append(7, bare.encode_to_vec().into())), request.encode_to_vec());

        let monitor = v1::StreamMonitorEventsAppend { offset: Some(7), all_or_nothing: true, ..Default::default() };
        let bare = v1::StreamMonitorEventsAppend { offset: None, ..monitor.clone() };
        let request = v1::StreamMonitorEventsRequest { message: monitor.into(), ..Default::default() };
        assert_eq!(joined(&Frame::append(7, bare.encode_to_vec().into())), request.encode_to_vec());

        let open = v1::StreamOpen { stream_id: "s".into(), ..Default::default() };
        let first = v1::StreamPublishRequest { message: open.clone().into(), ..Default::default() };
        let second = v1::StreamEventsRequest { message: open.clone().into(), ..Default::default() };
        let third = v1::StreamMonitorEventsRequest { message: open.into(), ..Default::default() };
        assert_eq!(first.encode_to_vec(), second.encode_to_vec());
        assert_eq!(first.encode_to_vec(), third.encode_to_vec());

        let answers = [v1::StreamFinished { committed_offset: 3, ..Default::default() }, v1::StreamFinished::default()];
        for answer in answers {
            let shop = v1::StreamEventsResponse { message: answer.clone().into(), ..Default::default() };
            let heard: v1::StreamPublishResponse = decode(&shop.encode_to_vec()).unwrap();
            let expected = oneof::stream_publish_response::Message::from(answer);
            assert_eq!(heard.message, Some(expected.clone()));
            let Some(oneof::stream_events_response::Message::Finished(finished)) = shop.message else { panic!() };
            let monitor = v1::StreamMonitorEventsResponse { message: (*finished).into(), ..Default::default() };
            let heard: v1::StreamPublishResponse = decode(&monitor.encode_to_vec()).unwrap();
            assert_eq!(heard.message, Some(expected));
        }
    }
}

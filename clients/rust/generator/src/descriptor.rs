//! The descriptors as a byte string.

use buffa::Message;
use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};

pub fn source(protos: &[&FileDescriptorProto]) -> String {
    let file = protos
        .iter()
        .map(|proto| {
            let mut bare = (*proto).clone();
            bare.source_code_info = Default::default();
            bare
        })
        .collect();
    let bytes = FileDescriptorSet { file, ..Default::default() }.encode_to_vec();
    let mut text = String::with_capacity(3 * bytes.len());
    for byte in bytes {
        text.extend(std::ascii::escape_default(byte).map(char::from));
    }
    format!("/// A google.protobuf.FileDescriptorSet of the contract and of what it imports.\npub const FILE_DESCRIPTOR_SET: &[u8] = b\"{text}\";\n")
}

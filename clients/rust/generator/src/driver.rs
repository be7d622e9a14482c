//! What the conformance driver does with messages and methods that are named at run time.

use std::fmt::Write;

use buffa_codegen::generated::descriptor::{DescriptorProto, FileDescriptorProto};

use crate::{Failure, pretty, snake};

pub fn source(protos: &[&FileDescriptorProto]) -> Result<String, Failure> {
    let mut text = String::from(
        "use interplay_client::{Client, Error, v1};\n\nuse crate::wire::{called, recoded};\n\n\
         macro_rules! limited { ($service:expr, $limit:expr) => { match $limit { Some(limit) => $service.with_timeout(limit), None => $service } }; }\n\n\
         /// Decodes and encodes again; None for a name that is not known.\n\
         pub fn recode(message: &str, bytes: &[u8]) -> Option<Result<Vec<u8>, String>> { Some(match message {\n",
    );
    for proto in protos.iter().filter(|proto| proto.package.as_deref() == Some("interplay.v1")) {
        for message in &proto.message_type {
            recodings(&mut text, "interplay.v1", "v1", message)?;
        }
    }
    text.push_str("_ => return None, }) }\n\n/// Calls a unary method; None for one that is not known.\n");
    text.push_str("pub async fn call(client: &Client, name: (&str, &str), bytes: &[u8], limit: Option<std::time::Duration>) -> Option<Result<Vec<u8>, Error>> { Some(match name {\n");
    for proto in protos {
        for service in &proto.service {
            let name = service.name.as_deref().unwrap_or_default();
            let accessor = snake(name.trim_end_matches("Service"));
            for method in &service.method {
                if method.client_streaming.unwrap_or(false) || method.server_streaming.unwrap_or(false) {
                    continue;
                }
                let method = method.name.as_deref().unwrap_or_default();
                writeln!(
                    text,
                    "(\"{name}\", \"{method}\") => called(bytes, |request| {{ let service = limited!(client.{accessor}(), limit); async move {{ service.{}(request).await }} }}).await,",
                    snake(method)
                )?;
            }
        }
    }
    text.push_str("_ => return None, }) }\n");
    pretty(&text)
}

fn recodings(text: &mut String, scope: &str, path: &str, message: &DescriptorProto) -> Result<(), Failure> {
    let name = message.name.as_deref().unwrap_or_default();
    let entry = message.options.as_option().and_then(|options| options.map_entry).unwrap_or(false);
    if entry {
        return Ok(());
    }
    writeln!(text, "\"{scope}.{name}\" => recoded::<{path}::{name}>(bytes),")?;
    for nested in &message.nested_type {
        recodings(text, &format!("{scope}.{name}"), &format!("{path}::{}", snake(name)), nested)?;
    }
    Ok(())
}

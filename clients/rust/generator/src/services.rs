//! Typed callers, one for each service.

use std::fmt::Write;

use buffa_codegen::generated::descriptor::{FileDescriptorProto, MethodDescriptorProto};

use crate::{Failure, pretty, snake, type_path};

pub fn source(protos: &[&FileDescriptorProto]) -> Result<String, Failure> {
    let mut text = String::from(
        "use futures_core::Stream;\n\nuse crate::caller::{Answers, Caller, identify};\nuse crate::errors::Error;\nuse crate::generated::interplay::v1;\n",
    );
    for proto in protos {
        let package = proto.package.as_deref().unwrap_or_default();
        for (place, service) in proto.service.iter().enumerate() {
            let name = service.name.as_deref().unwrap_or_default();
            doc(&mut text, &comment(proto, &[6, place as i32]));
            writeln!(text, "#[derive(Clone, Debug)]\npub struct {name}Client {{ caller: Caller }}\n")?;
            writeln!(text, "impl {name}Client {{")?;
            writeln!(text, "pub(crate) fn new(caller: Caller) -> Self {{ Self {{ caller }} }}\n")?;
            writeln!(text, "/// The same with another limit of time for its unary methods.\n#[must_use]\npub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {{ self.caller = self.caller.with_timeout(timeout); self }}\n")?;
            for (number, method) in service.method.iter().enumerate() {
                doc(&mut text, &comment(proto, &[6, place as i32, 2, number as i32]));
                one(&mut text, &format!("/{package}.{name}/"), method, identity(protos, method))?;
            }
            writeln!(text, "}}")?;
        }
    }
    pretty(&text)
}

fn one(text: &mut String, service: &str, method: &MethodDescriptorProto, identity: &str) -> Result<(), Failure> {
    let name = method.name.as_deref().unwrap_or_default();
    let (function, path) = (snake(name), format!("{service}{name}"));
    let takes = type_path(method.input_type.as_deref().unwrap_or_default());
    let gives = type_path(method.output_type.as_deref().unwrap_or_default());
    match (method.client_streaming.unwrap_or(false), method.server_streaming.unwrap_or(false)) {
        (false, false) => writeln!(
            text,
            "pub async fn {function}(&self, {mutable}request: v1::{takes}) -> Result<v1::{gives}, Error> {{ {identity} self.caller.unary(\"{path}\", &request).await }}\n",
            takes = takes.trim_start_matches("v1::"),
            gives = gives.trim_start_matches("v1::"),
            mutable = if identity.is_empty() { "" } else { "mut " },
        )?,
        (false, true) => writeln!(
            text,
            "pub async fn {function}(&self, request: {takes}) -> Result<Answers<{gives}>, Error> {{ self.caller.server_stream(\"{path}\", &request).await }}\n"
        )?,
        (true, true) => writeln!(
            text,
            "pub async fn {function}(&self, requests: impl Stream<Item = {takes}> + Send + 'static) -> Result<Answers<{gives}>, Error> {{ self.caller.bidi(\"{path}\", requests).await }}\n"
        )?,
        (true, false) => return Err(format!("{path}: no such kind of method").into()),
    }
    Ok(())
}

/// Makes an idempotency key where the caller gave none: without one, a call that is tried again could write twice.
fn identity(protos: &[&FileDescriptorProto], method: &MethodDescriptorProto) -> &'static str {
    let takes = method.input_type.as_deref().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    if takes == "RecordEventRequest" {
        return "if let Some(event) = request.event.as_option_mut() { identify(&mut event.event_id); }";
    }
    for proto in protos {
        for (place, message) in proto.message_type.iter().enumerate().filter(|(_, one)| one.name.as_deref() == Some(takes)) {
            let named = |field: &str| message.field.iter().position(|one| one.name.as_deref() == Some(field));
            let Some(field) = named("request_id") else { continue };
            if comment(proto, &[4, place as i32, 2, field as i32]).trim_start().starts_with("Idempotency key") {
                return "identify(&mut request.request_id);";
            }
        }
    }
    ""
}

/// The comment before an item, by its path in the descriptor.
fn comment(proto: &FileDescriptorProto, path: &[i32]) -> String {
    proto
        .source_code_info
        .as_option()
        .and_then(|info| info.location.iter().find(|location| location.path == path))
        .and_then(|location| location.leading_comments.clone())
        .unwrap_or_default()
}

fn doc(text: &mut String, comment: &str) {
    for line in comment.lines() {
        // Names in brackets would be links.
        text.push_str(&format!("///{}\n", line.replace('[', "\\[").replace(']', "\\]")));
    }
}

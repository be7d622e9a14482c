//! A plugin of buf: reads a CodeGeneratorRequest, answers with the files of `clients/rust` that are made from the contract.
//!
//! `src/gen/*.rs` hold messages, `src/gen/services.rs` typed callers, `src/gen/descriptor.rs` the descriptors that JSON
//! needs, and `examples/conformance/generated.rs` what the conformance driver does by name.

use std::io::{Read, Write};

use buffa::Message;
use buffa_codegen::generated::compiler::CodeGeneratorResponse;
use buffa_codegen::generated::compiler::code_generator_response::File;
use buffa_codegen::generated::descriptor::{Edition, FileDescriptorProto};
use buffa_codegen::{CodeGenConfig, GeneratedFileKind, IncludeMode, MapRepr};

mod descriptor;
mod driver;
mod services;

type Failure = Box<dyn std::error::Error>;

const HEADER: &str = "// Generated from proto/interplay by clients/rust/generator. DO NOT EDIT.\n\n";

fn main() -> Result<(), Failure> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let mut answer = match files(&input) {
        Ok(file) => CodeGeneratorResponse { file, ..Default::default() },
        Err(failure) => CodeGeneratorResponse { error: Some(failure.to_string()), ..Default::default() },
    };
    // 1: proto3 optional, 2: editions.
    answer.supported_features = Some(3);
    answer.minimum_edition = Some(Edition::EDITION_PROTO2 as i32);
    answer.maximum_edition = Some(Edition::EDITION_2024 as i32);
    std::io::stdout().write_all(&answer.encode_to_vec())?;
    Ok(())
}

fn files(input: &[u8]) -> Result<Vec<File>, Failure> {
    let request = buffa_codegen::decode_request(input)?;
    let mut protos = request.proto_file;
    for proto in &mut protos {
        unwrap_lists(proto);
    }
    let wanted: Vec<String> = request.file_to_generate;
    let generated = buffa_codegen::generate(&protos, &wanted, &config())?;
    let packages: Vec<(String, String)> = generated
        .iter()
        .filter(|file| file.kind == GeneratedFileKind::PackageMod)
        .map(|file| (file.name.clone(), file.package.clone()))
        .collect();
    let tree = buffa_codegen::generate_module_tree(&packages, IncludeMode::Relative(""), false);
    let mut made: Vec<(String, String)> =
        generated.into_iter().map(|file| (format!("src/gen/{}", file.name), format!("{HEADER}{}", file.content))).collect();
    made.push(("src/gen/mod.rs".into(), format!("{HEADER}{tree}")));
    let ours: Vec<&FileDescriptorProto> = protos.iter().filter(|proto| wanted.contains(proto.name.as_ref().unwrap())).collect();
    made.push(("src/gen/services.rs".into(), format!("{HEADER}{}", services::source(&ours)?)));
    made.push(("src/gen/descriptor.rs".into(), format!("{HEADER}{}", descriptor::source(&ours))));
    made.push(("examples/conformance/generated.rs".into(), format!("{HEADER}{}", driver::source(&ours)?)));
    Ok(made
        .into_iter()
        .map(|(name, content)| File { name: Some(name), content: Some(content), ..Default::default() })
        .collect())
}

fn config() -> CodeGenConfig {
    let mut config = CodeGenConfig::default();
    config.generate_views = false;
    config.generate_json = false;
    config.generate_with_setters = false;
    config.emit_register_fn = false;
    config.preserve_unknown_fields = true;
    // Sorted keys: the same message is always the same bytes.
    config.map_fields = vec![(".".into(), MapRepr::BTreeMap)];
    config.extern_paths = vec![(".google.protobuf".into(), "crate::generated::google::protobuf".into())];
    config
}

/// Paragraphs in comments of the well-known types hold lists and code that rustdoc would read as tests.
fn unwrap_lists(proto: &mut FileDescriptorProto) {
    if proto.name.as_deref().is_some_and(|name| name.starts_with("google/")) {
        proto.source_code_info = Default::default();
    }
}

/// `GetURLFor` as `get_url_for`.
pub fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut made = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let begins = letter.is_uppercase()
            && place > 0
            && (letters[place - 1].is_lowercase() || letters.get(place + 1).is_some_and(|next| next.is_lowercase()));
        if begins {
            made.push('_');
        }
        made.extend(letter.to_lowercase());
    }
    made
}

/// `.interplay.v1.GetSessionRequest` as `v1::GetSessionRequest`.
pub fn type_path(full_name: &str) -> String {
    full_name.trim_start_matches('.').replacen("interplay.v1.", "v1::", 1)
}

/// Formats a source file.
pub fn pretty(source: &str) -> Result<String, Failure> {
    Ok(prettyplease::unparse(&syn::parse_file(source)?))
}

//! The guide shows what examples/guide.rs does.

use std::path::Path;

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_fragment_of_the_guide_is_part_of_a_program() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rust-client.md");
    // A package has no guide beside it.
    let Ok(guide) = std::fs::read_to_string(guide) else { return };
    let program = squeezed(include_str!("../examples/guide.rs"));
    let fragments: Vec<&str> = guide.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(fragments.len() >= 8);
    for fragment in fragments {
        assert!(program.contains(&squeezed(fragment)), "not part of examples/guide.rs:\n{fragment}");
    }
}

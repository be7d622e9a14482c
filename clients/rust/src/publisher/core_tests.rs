//! What a publisher makes of the server's answers.

use std::task::{Context, Poll};

use super::*;
use crate::google::{protobuf, rpc};
use buffa::Message;

fn core() -> Core {
    Core::new(PublisherOptions { context: Some(v1::ContextRequest::default()), ..PublisherOptions::new("s") })
}

fn opened(next_offset: i64) -> v1::StreamOpened {
    v1::StreamOpened { next_offset, ..Default::default() }
}

fn push(core: &mut Core, content: &str) -> Receipt {
    let interactions = vec![v1::InteractionData { content: content.into(), ..Default::default() }];
    let body = v1::StreamAppend { interactions, ..Default::default() }.encode_to_vec();
    core.push(body.into(), 1, 100, true)
}

fn sent(core: &mut Core) -> usize {
    std::iter::from_fn(|| core.next_frame(Instant::now())).count()
}

fn hear(core: &mut Core, answer: impl Into<Answer>) -> Next {
    core.hear(v1::StreamPublishResponse { message: Some(answer.into()), ..Default::default() }, Instant::now())
}

fn ack(committed_offset: i64) -> v1::StreamAck {
    v1::StreamAck { committed_offset, ..Default::default() }
}

fn refusal(offset: Option<i64>, code: Code, retry: Option<Duration>) -> v1::StreamAppendError {
    let info =
        retry.map(|delay| rpc::RetryInfo { retry_delay: protobuf::Duration::from(delay).into(), ..Default::default() });
    let detail = info.map(|info| protobuf::Any {
        type_url: rpc::RetryInfo::TYPE_URL.into(),
        value: info.encode_to_vec(),
        ..Default::default()
    });
    let status = rpc::Status { code: code as i32, details: detail.into_iter().collect(), ..Default::default() };
    v1::StreamAppendError { offset, status: status.into(), ..Default::default() }
}

fn now<F: Future>(future: F) -> Option<F::Output> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

#[test]
fn an_ack_resolves_receipts_and_drains() {
    let mut core = core();
    core.opened(&opened(5));
    let (first, second) = (push(&mut core, "a"), push(&mut core, "b"));
    let drained = core.drain();
    assert_eq!(sent(&mut core), 2);
    let result = v1::AppendResult { offset: 5, duplicate: true, warnings: vec!["w".into()], ..Default::default() };
    hear(&mut core, v1::StreamAck { results: vec![result], ..ack(7) });
    let known = now(first).unwrap().unwrap();
    assert_eq!((known.offset, known.request_id.as_str(), known.duplicate), (5, "s/5", true));
    assert_eq!(known.warnings, ["w"]);
    assert_eq!(now(second).unwrap().unwrap().offset, 6);
    assert!(now(drained).unwrap().unwrap().is_ok());
    assert!(now(core.drain()).unwrap().unwrap().is_ok());
}

#[test]
fn a_refusal_fails_its_receipt_only_and_what_follows_moves_up() {
    let mut core = core();
    core.opened(&opened(0));
    let (bad, good) = (push(&mut core, "a"), push(&mut core, "b"));
    assert_eq!(sent(&mut core), 2);
    hear(&mut core, refusal(Some(0), Code::InvalidArgument, None));
    assert_eq!(now(bad).unwrap().unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(sent(&mut core), 0);
    hear(&mut core, refusal(Some(1), Code::OutOfRange, None));
    assert_eq!(sent(&mut core), 1);
    hear(&mut core, ack(1));
    assert_eq!(now(good).unwrap().unwrap().offset, 0);
}

#[test]
fn retry_info_holds_the_next_append_back() {
    let mut core = core();
    core.opened(&opened(0));
    let mut receipt = push(&mut core, "a");
    sent(&mut core);
    hear(&mut core, refusal(Some(0), Code::ResourceExhausted, Some(Duration::from_secs(3600))));
    assert_eq!(sent(&mut core), 0);
    assert!(core.hold(Instant::now()).is_some_and(|until| until > Instant::now() + Duration::from_secs(3000)));
    assert!(now(&mut receipt).is_none());
}

#[test]
fn a_fault_of_the_server_is_tried_again_but_not_for_ever() {
    let mut core = core();
    core.opened(&opened(0));
    let mut receipt = push(&mut core, "a");
    for _ in 0..MAX_FAULTS {
        core.hold_until = None;
        assert_eq!(sent(&mut core), 1);
        hear(&mut core, refusal(Some(0), Code::Internal, None));
        assert!(now(&mut receipt).is_none());
    }
    core.hold_until = None;
    assert_eq!(sent(&mut core), 1);
    hear(&mut core, refusal(Some(0), Code::Internal, None));
    assert_eq!(now(&mut receipt).unwrap().unwrap_err().code(), Code::Internal);
}

#[test]
fn an_unexpected_gap_or_a_refusal_of_who_knows_what_asks_for_another_connection() {
    let mut core = core();
    core.opened(&opened(0));
    push(&mut core, "a");
    push(&mut core, "b");
    sent(&mut core);
    assert!(matches!(hear(&mut core, refusal(Some(0), Code::OutOfRange, None)), Next::Broken(_)));
    assert!(matches!(hear(&mut core, refusal(None, Code::InvalidArgument, None)), Next::Broken(_)));
    core.lost();
    core.opened(&opened(0));
    assert_eq!(sent(&mut core), 1, "one at a time there is no doubt");
    assert_eq!(hear(&mut core, refusal(None, Code::InvalidArgument, None)), Next::GoOn);
    assert_eq!(sent(&mut core), 1);
}

#[test]
fn a_flush_that_was_lost_is_asked_for_again() {
    let mut core = core();
    core.opened(&opened(0));
    let mut flushed = core.flush();
    assert_eq!(sent(&mut core), 1);
    core.lost();
    core.opened(&opened(0));
    assert_eq!(sent(&mut core), 1);
    assert!(now(&mut flushed).is_none());
    hear(&mut core, v1::StreamAck { flushed: true, ..ack(0) });
    assert!(now(flushed).unwrap().unwrap().is_ok());
}

#[test]
fn after_go_away_only_finish_is_sent_and_the_rest_waits_for_the_next_connection() {
    let mut core = core();
    core.opened(&opened(0));
    hear(&mut core, v1::StreamGoAway::default());
    let receipt = push(&mut core, "a");
    assert_eq!(sent(&mut core), 1);
    assert!(core.said_all());
    assert_eq!(hear(&mut core, v1::StreamFinished::default()), Next::Ended);
    assert!(core.finished.is_none());
    core.lost();
    core.opened(&opened(0));
    assert_eq!(sent(&mut core), 1);
    hear(&mut core, ack(1));
    assert!(now(receipt).unwrap().is_ok());
}

#[test]
fn finish_goes_last_and_finished_ends_it() {
    let mut core = core();
    core.opened(&opened(0));
    push(&mut core, "a");
    core.closing = true;
    assert_eq!(sent(&mut core), 1);
    assert!(!core.said_all());
    hear(&mut core, ack(1));
    assert_eq!(sent(&mut core), 1);
    assert!(core.said_all());
    assert_eq!(hear(&mut core, v1::StreamFinished { committed_offset: 1, ..Default::default() }), Next::Ended);
    assert_eq!(core.finished.as_ref().map(|finished| finished.committed_offset), Some(1));
}

#[test]
fn a_briefing_finds_its_receipt_before_and_after_the_ack() {
    let mut core = core();
    core.opened(&opened(0));
    let (mut first, mut second) = (push(&mut core, "a"), push(&mut core, "b"));
    sent(&mut core);
    let briefing = |offset| v1::AgentContext { offset, rendered: format!("for {offset}"), ..Default::default() };
    hear(&mut core, briefing(0));
    hear(&mut core, ack(2));
    hear(&mut core, briefing(1));
    assert_eq!(now(first.context()).unwrap().unwrap().rendered, "for 0");
    assert_eq!(now(second.context()).unwrap().unwrap().rendered, "for 1");
    assert_eq!(core.next_context(Waker::noop()).unwrap().unwrap().offset, 0);
    assert_eq!(core.next_context(Waker::noop()).unwrap().unwrap().offset, 1);
    assert!(core.next_context(Waker::noop()).is_err());
    core.end(None);
}

#[test]
fn what_ends_it_fails_everything_that_is_pending() {
    let mut core = core();
    core.opened(&opened(0));
    let mut receipt = push(&mut core, "a");
    let (drained, flushed) = (core.drain(), core.flush());
    let error = Error::new(Code::Aborted, "superseded");
    core.end(Some(&error));
    assert_eq!(now(&mut receipt).unwrap().unwrap_err().code(), Code::Aborted);
    assert_eq!(now(&mut receipt).unwrap().unwrap_err().code(), Code::Aborted, "it says so again");
    assert_eq!(now(receipt.context()), Some(None));
    assert_eq!(now(drained).unwrap().unwrap().unwrap_err().code(), Code::Aborted);
    assert_eq!(now(flushed).unwrap().unwrap().unwrap_err().code(), Code::Aborted);
    assert_eq!(core.check().unwrap_err().code(), Code::Aborted);
    assert_eq!(core.window.rows(), 0);
}

#[test]
fn what_the_server_has_committed_is_known_from_its_start_on() {
    let mut core = core();
    core.opened(&opened(3));
    assert_eq!(core.committed_offset, 3);
    push(&mut core, "a");
    sent(&mut core);
    hear(&mut core, ack(4));
    assert_eq!(core.committed_offset, 4);
    core.lost();
    assert_eq!(core.committed_offset, 4);
}
